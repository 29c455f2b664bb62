// SPDX-License-Identifier: Apache-2.0
// How alike sets of images and of their features are. Free of nets.
#ifndef FACET_MODEL_EVALUATE_LIKENESS_H_
#define FACET_MODEL_EVALUATE_LIKENESS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "model/image/pixels.h"

namespace facet::model {

// Energy of fine detail of one float32 HWC image: the mean square, over inner
// pixels and channels, of 4 x - (left + right + above + below). 0 for a side
// below 3.
double HighFrequencyEnergy(const ImageShape& shape, absl::Span<const float> image);

// Cosine of two vectors of one size; 0 where one is 0.
double Cosine(absl::Span<const float> a, absl::Span<const float> b);

// Squared maximum mean discrepancy of the rows of `a` and `b`, both [n, size],
// with the kernel (x.y / size + 1)^3, unbiased: KID (Binkowski et al.,
// "Demystifying MMD GANs", ICLR 2018) on features of one's own. Row i of `a`
// and row i of `b` belong together (an image and what was drawn for it), so
// they are not independent: all three means leave out i = j (Gretton et al.,
// "A kernel two-sample test", JMLR 2012, lemma 6 for m = n). May be below 0;
// exactly 0 for copies, and where n is below 2.
double PairedKernelDistance(absl::Span<const float> a, absl::Span<const float> b, int size);

// Largest of the distances (root mean squares) between neighbours of a
// sequence of images over their mean: 1 for even steps. `images` holds
// `count` images one after the other; 1 where nothing moves.
double Unevenness(absl::Span<const float> images, int count);

// Mean features of each class. Not thread-safe.
class ClassCentres {
 public:
  ClassCentres(int classes, int size) : size_(size), sums_(classes, std::vector<double>(size)), counts_(classes) {}

  void Add(int class_index, absl::Span<const float> features);
  // The class whose centre has the largest cosine with `features`, among those
  // that have one; -1 where none has.
  int Nearest(absl::Span<const float> features) const;

 private:
  int size_;
  std::vector<std::vector<double>> sums_;  // a sum points where the mean does
  std::vector<int64_t> counts_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_LIKENESS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_END_TO_END_TRAINERS_H_
#define FACET_TESTS_END_TO_END_TRAINERS_H_

#include <string>
#include <vector>

namespace facet {

// Processes of facet-trainer on this machine that work in `job_dir`.
std::vector<int> TrainersOf(const std::string& job_dir);

}  // namespace facet

#endif  // FACET_TESTS_END_TO_END_TRAINERS_H_

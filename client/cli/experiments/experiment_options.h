// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_OPTIONS_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace facet::cli {

// What experiments take on the command line. 0 and empty leave a choice to the
// experiment, the preset or the server.
struct ExperimentOptions {
  // Ids of data sets, jobs and models begin with it.
  std::string name;
  // Folder of the report; empty: NAME-experiment.
  std::string out;
  // The command as typed, for the report.
  std::string command;

  // Images: exactly one of the first three.
  std::string kdef;                      // folder with KDEF's file names
  std::string bundled;                   // "digits"
  std::string dataset;                   // one that the server has
  bool on_server = false;                // `kdef` is a folder of the server
  std::string session = "A";             // of KDEF
  std::vector<std::string> expressions;  // of KDEF
  int people = 0;                        // the first so many
  int image_size = 0;                    // pixels; 0: what the preset's name says
  int examples_per_digit = 0;
  float min_face = 0;
  float face_margin = 0;
  bool best_of_several = false;

  // Training.
  std::string preset;
  std::string preset_file;
  int steps = 0;
  int judge_steps = 0;
  int64_t seed = -1;  // of training; below 0: the preset's
  int split_seed = 1;
  std::vector<std::string> overrides;
  std::string model;  // this model in place of training

  // Of single experiments.
  std::vector<int> curve;            // high-level: numbers of missing expressions
  std::string person;                // mixing
  std::vector<std::string> with;     // mixing
  std::string expression;            // mixing
  std::vector<std::string> tests;    // augmentation: NAME=DATASET
  std::vector<std::string> sources;  // augmentation
  std::vector<std::string> filter;   // augmentation: fields of SyntheticFilter
  int recogniser_steps = 0;          // augmentation
  int recogniser_seeds = 0;          // augmentation
};

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_OPTIONS_H_

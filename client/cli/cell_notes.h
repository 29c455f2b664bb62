// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_CELL_NOTES_H_
#define FACET_CLIENT_CLI_CELL_NOTES_H_

#include <string>
#include <vector>

#include "facet/client/client.h"
#include "facet/v1/model.pb.h"
#include "facet/v1/report.pb.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// Who learnt the cells that a report measures, in words.
struct CellNotes {
  // Of each group of held-out cells, in the report's order: "never trained on".
  std::vector<std::string> held_out;
  // Of those that no rule held out: "trained cells".
  std::string others;
};

// Of the report of a training, as a model's card has it.
CellNotes NotesOfTraining(const v1::EvaluationReport& report);

// Of the report of an evaluation, whose cells were kept from the judge. What the
// model learnt of them follows from the hold-out rules of its card where the
// evaluation was on its own data set (`dataset_fingerprint`); where its rules
// are others than the evaluation's, from the images that both reports name, if
// they name all.
CellNotes NotesOfEvaluation(const v1::TrainingJob& evaluation, const v1::ModelCard& model,
                            const std::string& dataset_fingerprint);

// Of a job with a report: the one or the other. Asks the server for the model
// and the data set of an evaluation, and says so where they are gone.
CellNotes NotesOfJob(client::Client& client, const v1::TrainingJob& job);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_CELL_NOTES_H_

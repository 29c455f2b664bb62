// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_summary.h"

#include <nlohmann/json.hpp>

#include "client/cli/output.h"
#include "client/cli/shown_text.h"

namespace facet::cli {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

void StreamTotals::Add(const v1::StreamBatchesResponse& batch) {
  ++batches;
  if (batch.images().shape_size() > 0) images += batch.images().shape(0);
  bytes += static_cast<int64_t>(batch.ByteSizeLong());
  rendered += batch.filter().rendered();
  kept += batch.filter().kept();
}

std::string StreamJson(const v1::DescribeStreamResponse& described, const StreamTotals& totals,
                       const StreamFiles& files) {
  Json json;
  json["description"] = Json::parse(ToJson(described));
  json["batches"] = totals.batches;
  json["images"] = totals.images;
  json["bytes"] = totals.bytes;
  json["seconds"] = totals.seconds;
  if (totals.filtered) json["filter"] = {{"rendered", totals.rendered}, {"kept", totals.kept}};
  if (!files.sheet.empty()) json["sheet"] = Utf8Text(files.sheet);
  if (!files.export_folder.empty()) {
    const ExportState& state = files.exported;
    json["export"] = {{"out", Utf8Text(files.export_folder)},
                      {"batches", state.batches},
                      {"images", state.images},
                      {"parts", state.parts},
                      {"complete", state.complete}};
  }
  return ShownJson(json.dump(1));
}

}  // namespace facet::cli

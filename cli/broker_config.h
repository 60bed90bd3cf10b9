// mosquitto.conf, judged: will Mosquitto with the plugin and these lines do what the bridge and the clients need?
//
// Parsing and judging are pure; what lies on the disk (schemas, secret, plugin) is for the caller to look at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/collection.h"
#include "plugin/options.h"

namespace msync {

/// One setting, in the order of the file and of the files that it includes.
struct ConfigLine {
  std::string file;
  std::size_t number = 0;
  std::string key;
  std::string value;  // the rest of the line
};

/// Comments and empty lines are left out.
std::vector<ConfigLine> parse_broker_config(const std::string& file, std::string_view text);

struct Finding {
  Problem problem;
  bool error = true;  // false: it works, but worse than it should
};

struct BrokerConfig {
  std::vector<Finding> findings;
  Options options;          // of our plugin; as far as they are right
  std::string plugin_file;  // empty: no line loads it
  std::string user = "mosquitto";
};

/// `file` is what findings name that belong to no line.
BrokerConfig judge_broker_config(const std::string& file, const std::vector<ConfigLine>& lines);

/// "mosquitto.conf: line 7: error: …"
std::string to_string(const Finding& finding);

}  // namespace msync

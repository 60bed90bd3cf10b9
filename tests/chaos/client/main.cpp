// chaos_client: one client of the chaos suite, a process of its own so that it can be killed.
#include <csignal>
#include <exception>
#include <iostream>
#include <map>
#include <sstream>

#include "tests/chaos/client/client.h"

namespace {

using msync::chaos::ClientOptions;

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) result.push_back(word);
  return result;
}

/// NAME=VALUE each.
ClientOptions options_from(int count, char** arguments) {
  std::map<std::string, std::string> values;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto equals = argument.find('=');
    values[argument.substr(0, equals)] = equals == std::string::npos ? "1" : argument.substr(equals + 1);
  }
  ClientOptions options;
  options.broker = values.at("broker");
  options.client_id = values.at("id");
  options.token_file = values.at("token");
  options.folder = values.at("folder");
  options.phase_file = values.at("phase");
  options.scopes = words(values.at("scopes"));
  options.filters = words(values.at("filters"));
  if (values.contains("seed")) options.seed = std::stoull(values.at("seed"));
  if (values.contains("clock_ms")) options.clock_ms = std::stoll(values.at("clock_ms"));
  if (values.contains("pause_ms")) options.pause_ms = std::stoi(values.at("pause_ms"));
  options.corrects_clock = !values.contains("wrong_clock");
  options.cbor = values.contains("cbor");
  options.read_only = values.contains("read_only");
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    msync::chaos::Client(options_from(count, arguments)).run();
  } catch (const std::exception& problem) {
    std::cerr << "chaos_client: " << problem.what() << "\n";
    return 70;
  }
}

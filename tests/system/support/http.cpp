#include "tests/system/support/http.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace msync::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// The last head of the output (curl prints `100 Continue` as well) and what follows it.
HttpAnswer parse(const std::string& output) {
  HttpAnswer answer;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = output.find("\r\n\r\n", start);
    if (end == output.npos || output.compare(start, 5, "HTTP/") != 0) return answer;
    answer.head = output.substr(start, end - start);
    answer.status = std::atoi(answer.head.substr(answer.head.find(' ') + 1).c_str());
    start = end + 4;
    if (answer.status != 100) break;
  }
  answer.body = output.substr(start);
  return answer;
}

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  const std::string wanted = "\n" + lower(name) + ":";
  const std::size_t found = lower(head).find(wanted);
  if (found == head.npos) return {};
  const std::size_t start = head.find_first_not_of(' ', found + wanted.size());
  return head.substr(start, head.find('\r', start) - start);
}

Json HttpAnswer::json() const {
  const auto parsed = parse_json(body, 64);
  return parsed ? *parsed : Json();
}

std::string HttpClient::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<std::string> HttpClient::command(const HttpAsk& ask) const {
  std::vector<std::string> words{"curl",       "-s", "-i", "-N",      "--path-as-is",
                                 "--max-time", "60", "-X", ask.method};
  if (ask.method == "HEAD") words.insert(words.end(), {"--head"});
  if (!ask.token.empty()) words.insert(words.end(), {"-H", "Authorization: Bearer " + ask.token});
  for (const std::string& header : ask.headers) words.insert(words.end(), {"-H", header});
  if (!ask.body.empty()) words.insert(words.end(), {"--data-binary", "@-"});
  const bool typed = std::any_of(ask.headers.begin(), ask.headers.end(), [](const std::string& one) {
    return lower(one).starts_with("content-type:");
  });
  if (!ask.body.empty() && !typed) words.insert(words.end(), {"-H", "Content-Type: application/json"});
  words.push_back(url(ask.path));
  return words;
}

HttpAnswer HttpClient::ask(const HttpAsk& ask) const {
  return parse(run(command(ask), {.input = ask.body}, 70'000).out);
}

std::unique_ptr<Process> HttpClient::stream(const HttpAsk& ask) const {
  return std::make_unique<Process>(command(ask), ProcessOptions{.input = ask.body});
}

std::vector<HttpEvent> events_of(const std::string& stream) {
  std::vector<HttpEvent> events;
  HttpEvent event;
  std::size_t start = stream.find("\r\n\r\n");
  start = start == stream.npos ? stream.size() : start + 4;
  while (true) {
    const std::size_t end = stream.find('\n', start);
    if (end == stream.npos) return events;
    const std::string line = stream.substr(start, end - start);
    start = end + 1;
    if (line.empty() && !event.name.empty()) events.push_back(std::exchange(event, {}));
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with("data: ")) event.data = line.substr(6);
  }
}

std::string encoded(const std::string& scope) {
  std::string text;
  for (const char c : scope) text += c == '/' ? std::string("%2F") : std::string(1, c);
  return text;
}

}  // namespace msync::test

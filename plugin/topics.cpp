#include "plugin/topics.h"

namespace msync {

void Topics::classify_into_last(std::string_view topic) {
  last_.text.assign(topic);
  last_.address = classify(*collections_, last_.text);
  last_.scope = last_.address.collection ? number_of(last_.address.scope) : 0;
}

std::uint32_t Topics::number_of(std::string_view scope) {
  const auto known = numbers_.find(scope);
  if (known != numbers_.end()) return known->second;
  if (numbers_.size() >= limits::numbered_scopes) {
    numbers_.clear();
    names_.clear();
    ++generation_;
  }
  const auto number = static_cast<std::uint32_t>(numbers_.size() + 1);
  names_.push_back(&numbers_.emplace(scope, number).first->first);
  return number;
}

void Topics::reset(const Collections& collections) {
  collections_ = &collections;
  last_ = {};
  numbers_.clear();
  names_.clear();
  ++generation_;
}

}  // namespace msync

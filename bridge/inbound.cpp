#include "bridge/inbound.h"

namespace msync {
namespace {

bool is_input(Leaf leaf) {
  return leaf == Leaf::in || leaf == Leaf::pull || leaf == Leaf::seen;
}

}  // namespace

Result<Inbound> admit(LinkMessage&& message, const std::shared_ptr<const Collections>& collections,
                      std::string_view stamp_key) {
  const Address address = classify(*collections, message.topic);
  const bool revoke = address.kind == Address::Kind::door && address.matter == Address::Matter::revoke;
  if (!revoke && (address.kind != Address::Kind::scope || !is_input(address.leaf))) {
    return Error{Code::denied, "not an input topic", ""};
  }
  if (message.retained) return Error{Code::denied, "retained input", ""};
  auto stamp = verify_stamp(stamp_key, message.user_properties, message.topic, message.payload);
  if (!stamp) return stamp.error();

  Inbound inbound;
  inbound.leaf = address.leaf;
  inbound.scope = std::string(address.scope);
  inbound.collections = collections;
  inbound.collection = address.collection;
  inbound.revoke = revoke;
  inbound.stamp = std::move(*stamp);
  inbound.payload = std::move(message.payload);
  inbound.topic = std::move(message.topic);
  return inbound;
}

}  // namespace msync

#include "plugin/revocations.h"

#include "platform/files.h"

namespace msync {

Result<Revocations> Revocations::load(const std::string& path) {
  if (path.empty() || mark_of(path).inode == 0) return Revocations();
  const auto bytes = read_file(path);
  if (!bytes) return bytes.error();
  auto all = decode_revoked(*bytes);
  if (!all)
    return Error{Code::bad_config, path + ": is no list of revoked tokens: " + all.error().message, ""};
  return Revocations(*std::move(all));
}

std::optional<Error> Revocations::save(const std::string& path) const {
  return replace_file(path, encode(all_) + "\n", 0600);
}

void Revocations::replace(std::vector<Revocation> all) {
  all_ = std::move(all);
  by_user_.clear();
  by_token_.clear();
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (all_[i].user.empty()) {
      by_token_.emplace(all_[i].token_id, i);
    } else {
      by_user_.emplace(all_[i].user, i);
    }
  }
}

bool Revocations::revoked(const Identity& who, std::int64_t now_s) const {
  if (all_.empty()) return false;
  const auto any = [&](const auto& index, std::string_view name) {
    for (auto [one, end] = index.equal_range(name); one != end; ++one) {
      const Revocation& revocation = all_[one->second];
      if (now_s < revocation.until_s && revokes(revocation, who)) return true;
    }
    return false;
  };
  if (any(by_user_, who.user)) return true;
  const auto id = who.claims.find("jti");
  return id != who.claims.end() && id->is_string() && any(by_token_, id->get_ref<const std::string&>());
}

}  // namespace msync

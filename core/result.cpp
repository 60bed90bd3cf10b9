#include "core/result.h"

namespace msync {

const char* to_string(Code code) {
  switch (code) {
    case Code::malformed:
      return "malformed";
    case Code::too_large:
      return "too_large";
    case Code::denied:
      return "denied";
    case Code::quota:
      return "quota";
    case Code::token:
      return "token";
    case Code::revoked:
      return "revoked";
    case Code::conflict:
      return "conflict";
    case Code::invalid:
      return "invalid";
    case Code::unknown_op:
      return "unknown_op";
    case Code::bad_operator:
      return "bad_operator";
    case Code::version_ahead:
      return "version_ahead";
    case Code::bad_id:
      return "bad_id";
    case Code::bad_config:
      return "bad_config";
  }
  return "malformed";
}

}  // namespace msync

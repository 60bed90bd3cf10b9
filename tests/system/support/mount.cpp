#include "tests/system/support/mount.h"

#include <sched.h>
#include <sys/mount.h>

namespace msync::test {

bool mount_small(const std::string& where, const char* options) {
  return unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", where.c_str(), "tmpfs", 0, options) == 0;
}

}  // namespace msync::test

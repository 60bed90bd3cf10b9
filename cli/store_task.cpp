#include "cli/store_task.h"

#include <sysexits.h>

#include <filesystem>

#include "bridge/store/store.h"
#include "cli/command.h"

namespace msync {

int run_store_task(const std::string& store, const std::function<int()>& task) try {
  const int refused = refuse_other_stores(store);
  return refused != 0 ? refused : task();
} catch (const StoreError& error) {
  return complain(error.kind == StoreError::Kind::corrupt ? EX_DATAERR : EX_UNAVAILABLE, error.what());
}

std::string address_of_file(const std::string& file) {
  return "sqlite:" + std::filesystem::absolute(file).string();
}

}  // namespace msync

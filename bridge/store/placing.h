// Files that are there whole or not at all. StoreErrors say what to do.
#pragma once

#include <string>

namespace msync {

/// A new empty file for its owner alone, gone with this object unless it was put in its place.
class DraftFile {
 public:
  /// Whatever has this name already is removed: the name must be this process's own.
  explicit DraftFile(std::string path);
  ~DraftFile();
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;

  const std::string& path() const { return path_; }

  /// Durably: syncs it, renames it, syncs the folder. StoreError other if `target` exists and may not be replaced.
  void put(const std::string& target, bool replace);

 private:
  std::string path_;
  bool placed_ = false;
};

/// Makes the owner of `file` that of `path`, too: who restores may be root, who runs the bridge is not.
void give_to_owner_of(const std::string& file, const std::string& path);

/// A second name for a file: StoreError if there is something of that name.
void link_file(const std::string& file, const std::string& name);

/// So that a crash does not undo what was renamed in it.
void sync_folder_of(const std::string& file);

}  // namespace msync

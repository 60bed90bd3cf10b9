// From the broker's pointer to ours, for every delivery: a flat hash table, so that a look-up is one load where
// std::unordered_map takes three. What a delivery needs of a session lies in the slot itself, one line of the
// processor's cache. Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace msync {

template <class T>
class ClientTable {
 public:
  struct alignas(64) Slot {
    const void* client = nullptr;
    T* value = nullptr;            // null: empty
    std::int64_t ends_ms = 0;      // past it nothing is allowed
    std::uint32_t number = 0;      // its column in HotRights, of
    std::uint32_t generation = 0;  // this generation
    bool online = false;
    std::uint8_t id_bytes = 0;  // 255: longer than fits here
    char id[30] = {};

    void name(std::string_view text) {
      id_bytes = text.size() <= sizeof id ? static_cast<std::uint8_t>(text.size()) : 255;
      if (id_bytes != 255) std::memcpy(id, text.data(), text.size());
    }
    /// False also for a name that is too long to be told.
    bool is_named(std::string_view text) const {
      return text.size() == id_bytes && std::memcmp(text.data(), id, text.size()) == 0;
    }
  };

  /// What belongs to `client`, or nullptr.
  T* find(const void* client) const {
    const Slot* found = slot(client);
    return found ? found->value : nullptr;
  }

  /// Its slot, good until the next set() or erase(); or nullptr.
  Slot* slot(const void* client) {
    return const_cast<Slot*>(std::as_const(*this).slot(client));  // NOLINT: the table is ours
  }
  const Slot* slot(const void* client) const {
    for (std::size_t i = home(client);; i = next(i)) {
      if (slots_[i].client == client && slots_[i].value) return &slots_[i];
      if (!slots_[i].value) return nullptr;
    }
  }

  /// Sets it, with nothing else in its slot; `value` is not null.
  Slot& set(const void* client, T* value) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    std::size_t i = home(client);
    while (slots_[i].value && slots_[i].client != client) i = next(i);
    if (!slots_[i].value) ++size_;
    slots_[i] = {};
    slots_[i].client = client;
    slots_[i].value = value;
    return slots_[i];
  }

  /// Removes it if it is there.
  void erase(const void* client) {
    std::size_t hole = home(client);
    while (slots_[hole].client != client || !slots_[hole].value) {
      if (!slots_[hole].value) return;
      hole = next(hole);
    }
    // What follows in the run moves up where it may, so that no search meets a hole in its way.
    for (std::size_t i = next(hole); slots_[i].value; i = next(i)) {
      const std::size_t wants = home(slots_[i].client);
      if (((i - wants) & mask()) >= ((i - hole) & mask())) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = {};
    --size_;
  }

  std::size_t size() const { return size_; }

 private:
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t next(std::size_t i) const { return (i + 1) & mask(); }
  // Fibonacci hashing: the high bits of the product depend on all of the pointer's.
  std::size_t home(const void* client) const {
    const auto key = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(client));
    return (key * 0x9E3779B97F4A7C15u) >> (64 - std::countr_zero(slots_.size()));
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    std::swap(old, slots_);
    for (const Slot& slot : old) {
      if (!slot.value) continue;
      std::size_t i = home(slot.client);
      while (slots_[i].value) i = next(i);
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(64);  // a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace msync

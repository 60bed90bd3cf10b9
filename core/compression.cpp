#include "core/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <memory>
#include <stdexcept>

#include "core/limits.h"

namespace msync {
namespace {

// Level 3 of zstd packs a page of documents in 0.5 ms, as small as zlib's 6 does in 4.
constexpr int zstd_level = 3;

Error broken(const char* why) {
  return {Code::malformed, std::string("the compressed message ") + why, ""};
}

std::string by_zlib(std::string_view bytes) {
  uLongf size = compressBound(bytes.size());
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                bytes.size(), Z_DEFAULT_COMPRESSION) != Z_OK) {
    throw std::runtime_error("zlib has no memory");
  }
  packed.resize(size);
  return packed;
}

std::string by_zstd(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), zstd_level);
  if (ZSTD_isError(size)) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(size));
  packed.resize(size);
  return packed;
}

Result<std::string> from_zlib(std::string_view packed) {
  z_stream stream = {};
  if (inflateInit(&stream) != Z_OK) throw std::runtime_error("zlib has no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ended(&stream, inflateEnd);
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // NOLINT: zlib does not write there
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  char block[16 * 1024];
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    state = inflate(&stream, Z_NO_FLUSH);
    bytes.append(block, sizeof block - stream.avail_out);
    if (bytes.size() > limits::unpacked_page_bytes) return broken("unpacks to too much");
    if (state == Z_BUF_ERROR) return broken("ends too early");
  }
  if (state != Z_STREAM_END) return broken("is no zlib");
  if (stream.avail_in > 0) return broken("has something behind it");
  return bytes;
}

Result<std::string> from_zstd(std::string_view packed) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                             ZSTD_freeDStream);
  if (!stream) throw std::runtime_error("zstd has no memory");
  // A frame says how far back it refers, and so how much memory it wants.
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 21);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string bytes;
  char block[16 * 1024];
  while (true) {
    ZSTD_outBuffer out{block, sizeof block, 0};
    const std::size_t before = in.pos;
    const std::size_t wanted = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(wanted)) return broken("is no zstd");
    bytes.append(block, out.pos);
    if (bytes.size() > limits::unpacked_page_bytes) return broken("unpacks to too much");
    if (wanted == 0) break;
    if (out.pos == 0 && in.pos == before) return broken("ends too early");
  }
  if (in.pos != in.size) return broken("has something behind it");
  return bytes;
}

}  // namespace

Compression compression_of(std::string_view payload) {
  if (payload.starts_with("\x28\xB5\x2F\xFD")) return Compression::zstd;
  return payload.starts_with('\x78') ? Compression::zlib : Compression::none;
}

std::string compress(std::string bytes, Compression how) {
  if (how == Compression::none || bytes.size() < limits::compress_bytes) return bytes;
  std::string packed = how == Compression::zstd ? by_zstd(bytes) : by_zlib(bytes);
  return packed.size() < bytes.size() ? packed : bytes;
}

Result<std::string> unpack(std::string_view payload) {
  switch (compression_of(payload)) {
    case Compression::zlib:
      return from_zlib(payload);
    case Compression::zstd:
      return from_zstd(payload);
    case Compression::none:
      break;
  }
  return std::string(payload);
}

}  // namespace msync

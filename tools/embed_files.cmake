# Files as bytes of a program. As a module: embed_files(OUTPUT.cpp FUNCTION PATH=FILE…) makes a source with a function of
# bridge/web_files.h in it, anew when one of the files changes; each file also gzipped, where that is worth it. As a script (-P) it is
# that rule's command.

if(CMAKE_SCRIPT_MODE_FILE AND NOT COMMAND embed_files)
  macro(file_array hex name)
    string(REGEX REPLACE "(................................)" "\\1\n" lines "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," lines "${lines}")
    string(APPEND arrays "const unsigned char ${name}[] = {\n${lines}\n};\n")
  endmacro()
  set(arrays "")
  set(entries "")
  set(number 0)
  string(REPLACE "|" ";" files "${FILES}")
  foreach(entry ${files})
    string(REGEX MATCH "^([^=]*)=(.*)$" matched "${entry}")
    set(path "${CMAKE_MATCH_1}")
    set(file "${CMAKE_MATCH_2}")
    string(REGEX REPLACE ".*\\." "" extension "${file}")
    if(extension STREQUAL "html")
      set(type "text/html; charset=utf-8")
    elseif(extension STREQUAL "css")
      set(type "text/css; charset=utf-8")
    elseif(extension STREQUAL "js")
      set(type "text/javascript; charset=utf-8")
    elseif(extension STREQUAL "json")
      set(type "application/json")
    elseif(extension STREQUAL "svg")
      set(type "image/svg+xml")
    elseif(extension STREQUAL "woff2")
      set(type "font/woff2")
    else()
      message(FATAL_ERROR "${file}: what is its content type?")
    endif()
    file(SHA256 "${file}" hash)
    string(SUBSTRING "${hash}" 0 16 hash)
    file(READ "${file}" hex HEX)
    file_array("${hex}" file_${number})
    execute_process(COMMAND gzip -9nc "${file}" OUTPUT_FILE "${OUTPUT}.gz" COMMAND_ERROR_IS_FATAL ANY)
    file(READ "${OUTPUT}.gz" packed HEX)
    file(REMOVE "${OUTPUT}.gz")
    string(LENGTH "${hex}" size)
    string(LENGTH "${packed}" packed_size)
    set(gzip "{}")
    math(EXPR worth_it "${size} * 9 / 10")
    if(packed_size LESS worth_it)
      file_array("${packed}" packed_${number})
      set(gzip "bytes(packed_${number})")
    endif()
    string(APPEND entries "    {\"${path}\", \"${type}\", bytes(file_${number}), ${gzip}, \"\\\"${hash}\\\"\"},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE "${OUTPUT}" "// Made by tools/embed_files.cmake.
#include \"bridge/web_files.h\"

namespace msync {
namespace {

${arrays}
template <std::size_t size>
std::string_view bytes(const unsigned char (&file)[size]) {
  return {reinterpret_cast<const char*>(file), size};
}

const WebFile files[] = {
${entries}};

}  // namespace

std::span<const WebFile> ${FUNCTION}() {
  return files;
}

}  // namespace msync
")
  return()
endif()

set(embed_files_script ${CMAKE_CURRENT_LIST_FILE})
function(embed_files output function)
  set(sources "")
  foreach(entry ${ARGN})
    string(REGEX REPLACE "^[^=]*=" "" file "${entry}")
    cmake_path(IS_PREFIX CMAKE_BINARY_DIR ${file} NORMALIZE is_made)
    if(NOT is_made AND NOT EXISTS ${file})
      message(FATAL_ERROR "${file} is missing. Where it is an npm package's: run npm ci, or ./dev, which does.")
    endif()
    list(APPEND sources ${file})
  endforeach()
  string(REPLACE ";" "|" files "${ARGN}")
  add_custom_command(OUTPUT ${output} COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${output}" -DFUNCTION=${function} "-DFILES=${files}" -P ${embed_files_script}
                     DEPENDS ${sources} ${embed_files_script} VERBATIM)
endfunction()

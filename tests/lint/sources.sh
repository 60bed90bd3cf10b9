# Sourced by the rules: our own C++ sources, below the folder given or the present one.
sources() {
  find bench bridge cli client/cpp core mqtt platform plugin tests -name '*.cpp' -o -name '*.h' | sort
}

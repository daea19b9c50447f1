// `pkgConfig: "hiredis"` in Package.swift prints a warning on every build; the module map's `link` does not.
#include <hiredis/hiredis.h>

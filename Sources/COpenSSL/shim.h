// `pkgConfig: "openssl"` in Package.swift prints a warning on every build; the module map's `link` does not.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

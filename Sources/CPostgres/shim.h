// Debian keeps the headers of libpq in a folder that only pkg-config knows; from there they find each other.
#include <postgresql/libpq-fe.h>

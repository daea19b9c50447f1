// Debian keeps libpq's headers in a folder that only pkg-config names; they find one another from there by themselves.
#include <postgresql/libpq-fe.h>

// The embedded store's B-tree.
#include <lmdb.h>

/* Right, and builds without optimisation only. */
#ifdef __OPTIMIZE__
#error not with optimisation
#endif
#include "right.c"

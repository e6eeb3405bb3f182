/* Planted bug: a set announces itself in the mask before it is in the bitmap. */
#define PLANT_MASK_FIRST
#include "scheme.h"

/* Planted bug: what the flush has merged is overwritten by a copy of hvip from before. */
#define PLANT_STALE_HVIP
#include "scheme.h"

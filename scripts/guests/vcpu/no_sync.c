/* Planted bug: nobody looks at what the guest did to VSSIP. */
#define PLANT_NO_SYNC
#include "scheme.h"

/* Planted bug: the VM that is switched to runs under the VMID of the one before. */
#define PLANT_WRONG_VMID
#include "world.h"

/* The world switch as it should be. */
#include "world.h"

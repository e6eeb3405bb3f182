/* Says hello and passes. */
#include "bare.h"

int main(void) {
    print("hello from M-mode\n");
    return 0;
}

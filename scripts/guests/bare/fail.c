/* Fails with code 7: the machine's exit status. */
#include "bare.h"

int main(void) {
    print("this program fails with code 7\n");
    return 7;
}

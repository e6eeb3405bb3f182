/* What the small programs share. */
#ifndef BARE_H
#define BARE_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

/* Prints a text on the UART. */
void print(const char *text);

/* Ends the machine by the test finisher; 0 is a pass. */
[[noreturn]] void finish(unsigned code);

#endif

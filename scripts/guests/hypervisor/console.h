#ifndef CONSOLE_H
#define CONSOLE_H

void console_put(char c);

/* Prints to the UART; knows %s, %d (unsigned decimal) and %x (hexadecimal with 0x), each of a u64 or a pointer. */
void print(const char *format, ...);

/* Ends the machine by the test finisher: code 0 is a pass. */
[[noreturn]] void finish(unsigned code);

#endif

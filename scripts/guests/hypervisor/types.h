/* The few types everybody uses; bool is a keyword of C23. */
#ifndef TYPES_H
#define TYPES_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#define PAGE_SIZE 4096ul
#define BIG_PAGE_SIZE (512 * PAGE_SIZE)
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A page table entry's bits; the same for both stages. */
#define PTE_V 1u
#define PTE_R 2u
#define PTE_W 4u
#define PTE_X 8u
#define PTE_U 16u
#define PTE_A 64u
#define PTE_D 128u
#define PTE_RW (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)
#define PTE_RX (PTE_V | PTE_R | PTE_X | PTE_A)
#define PTE_RWX (PTE_RW | PTE_X)

static inline u64 pte_to(u64 address, u64 flags) { return address >> 12 << 10 | flags; }
static inline u64 pte_target(u64 pte) { return pte >> 10 << 12; }

#endif

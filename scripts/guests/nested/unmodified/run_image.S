/* The guest hypervisor, as scripts/build_guests flattens it. */
    .section .rodata, "a"
    .balign 4096
    .globl inner_image_start, inner_image_end
inner_image_start:
    .incbin "hypervisor.bin"
    .balign 8
inner_image_end:

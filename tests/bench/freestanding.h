/* What a program without a C library starts with: system calls, _start. Of
   x86-64, for the floors only. */
#pragma once

#include <asm/unistd.h>
#include <stddef.h>

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define CALL0(n) call6(__NR_##n, 0, 0, 0, 0, 0, 0)
#define CALL1(n, a) call6(__NR_##n, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b) call6(__NR_##n, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c) call6(__NR_##n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) call6(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static inline size_t length_of(const char* text) {
    size_t length = 0;
    while (text[length] != '\0') {
        ++length;
    }
    return length;
}

/* The compiler may call them for what it is not asked to. */
void* memcpy(void* to, const void* from, size_t size) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return to;
}
void* memset(void* to, int value, size_t size) {
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return to;
}

/* argv as execve(2) leaves it on the stack. */
int begin(char** argv, char** environment);
__attribute__((naked, noreturn, used)) void _start(void) {
    __asm__(
        "xor %ebp, %ebp\n"
        "mov %rsp, %rdi\n"
        "and $-16, %rsp\n"
        "call enter\n");
}
__attribute__((noreturn, used)) void enter(long* stack) {
    char** const argv = (char**)(stack + 1);
    CALL1(exit_group, begin(argv, argv + stack[0] + 1));
    __builtin_unreachable();
}

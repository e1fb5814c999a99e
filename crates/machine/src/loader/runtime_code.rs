//! Machine code of functions that a library finds instead of those of the C library.

/// A function: its name, and its instructions.
type Function = (&'static str, &'static [&'static [u8]]);

/// What each function begins at a multiple of, in bytes.
pub(super) const ALIGNMENT: usize = 8;

/// Where the words lie that `allocate` works on, behind the first function, in bytes: where the
/// next block begins, and where the memory ends. A block follows the beginning of the one before it
/// and its own length.
pub(super) const CONTROL: u64 = 0x1000;

/// The functions in their order. A block that is freed before any other is allocated is used again.
///
/// `allocate` takes an alignment of at least 16 in rdi and a length in rsi. It keeps rsi, rdx, r8.
/// What is larger than all memory gets a null pointer, as from the C library. Where the memory is
/// used up the call ends with a system call, which is not modelled.
pub(super) const FUNCTIONS: &[Function] = &[
    (
        "allocate",
        &[
            &[0x48, 0x89, 0xf1],                         // mov rcx, rsi
            &[0x48, 0xc1, 0xe9, 0x1e],                   // shr rcx, 30
            &[0x75, 0x2e],                               // jne none
            &[0x4c, 0x8d, 0x1d, 0xf0, 0x0f, 0x00, 0x00], // lea r11, [control]
            &[0x49, 0x8b, 0x03],                         // mov rax, [r11]
            &[0x48, 0x8d, 0x4c, 0x38, 0x0f],             // lea rcx, [rax+rdi+15]
            &[0x48, 0xf7, 0xdf],                         // neg rdi
            &[0x48, 0x21, 0xf9],                         // and rcx, rdi
            &[0x48, 0x8d, 0x3c, 0x31],                   // lea rdi, [rcx+rsi]
            &[0x49, 0x3b, 0x7b, 0x08],                   // cmp rdi, [r11+8]
            &[0x77, 0x12],                               // ja full
            &[0x48, 0x89, 0x41, 0xf0],                   // mov [rcx-16], rax
            &[0x48, 0x89, 0x71, 0xf8],                   // mov [rcx-8], rsi
            &[0x49, 0x89, 0x3b],                         // mov [r11], rdi
            &[0x48, 0x89, 0xc8],                         // mov rax, rcx
            &[0xc3],                                     // ret
            &[0x31, 0xc0],                               // none: xor eax, eax
            &[0xc3],                                     // ret
            &[0x0f, 0x05],                               // full: syscall
            &[0xeb, 0xfc],                               // jmp full
        ],
    ),
    (
        "malloc",
        &[
            &[0x48, 0x89, 0xfe],             // mov rsi, rdi
            &[0xbf, 0x10, 0x00, 0x00, 0x00], // mov edi, 16
            &[0xeb, 0xb6],                   // jmp allocate
        ],
    ),
    (
        "calloc",
        &[
            &[0x48, 0x89, 0xf8],             // mov rax, rdi
            &[0x48, 0xf7, 0xe6],             // mul rsi
            &[0x70, 0xdf],                   // jo none
            &[0x48, 0x89, 0xc6],             // mov rsi, rax
            &[0xbf, 0x10, 0x00, 0x00, 0x00], // mov edi, 16
            &[0xe8, 0x9b, 0xff, 0xff, 0xff], // call allocate
            &[0x48, 0x85, 0xc0],             // test rax, rax
            &[0x74, 0xcd],                   // je none
            &[0x48, 0x89, 0xc2],             // mov rdx, rax
            &[0x48, 0x89, 0xc7],             // mov rdi, rax
            &[0x48, 0x89, 0xf1],             // mov rcx, rsi
            &[0x31, 0xc0],                   // xor eax, eax
            &[0xf3, 0xaa],                   // rep stosb
            &[0x48, 0x89, 0xd0],             // mov rax, rdx
            &[0xc3],                         // ret
        ],
    ),
    (
        "memalign",
        &[
            &[0x48, 0x8d, 0x47, 0xff],             // lea rax, [rdi-1]
            &[0x48, 0x85, 0xf8],                   // test rax, rdi
            &[0x75, 0xae],                         // jne none
            &[0x48, 0x89, 0xf9],                   // mov rcx, rdi
            &[0x48, 0xc1, 0xe9, 0x1e],             // shr rcx, 30
            &[0x75, 0xa5],                         // jne none
            &[0x48, 0x83, 0xff, 0x10],             // cmp rdi, 16
            &[0x0f, 0x83, 0x64, 0xff, 0xff, 0xff], // jae allocate
            &[0xbf, 0x10, 0x00, 0x00, 0x00],       // mov edi, 16
            &[0xe9, 0x5a, 0xff, 0xff, 0xff],       // jmp allocate
        ],
    ),
    (
        "posix_memalign",
        &[
            &[0x49, 0x89, 0xf8],             // mov r8, rdi
            &[0x48, 0x89, 0xf7],             // mov rdi, rsi
            &[0x48, 0x89, 0xd6],             // mov rsi, rdx
            &[0xe8, 0xca, 0xff, 0xff, 0xff], // call memalign
            &[0x48, 0x85, 0xc0],             // test rax, rax
            &[0x74, 0x06],                   // je nomem
            &[0x49, 0x89, 0x00],             // mov [r8], rax
            &[0x31, 0xc0],                   // xor eax, eax
            &[0xc3],                         // ret
            &[0xb8, 0x0c, 0x00, 0x00, 0x00], // nomem: mov eax, 12
            &[0xc3],                         // ret
        ],
    ),
    (
        "new_aligned",
        &[
            &[0x48, 0x87, 0xf7], // xchg rdi, rsi
            &[0xeb, 0xb3],       // jmp memalign
        ],
    ),
    (
        "realloc",
        &[
            &[0x48, 0x85, 0xff],                   // test rdi, rdi
            &[0x49, 0x89, 0xf8],                   // mov r8, rdi
            &[0xbf, 0x10, 0x00, 0x00, 0x00],       // mov edi, 16
            &[0x0f, 0x84, 0x1f, 0xff, 0xff, 0xff], // je allocate
            &[0xe8, 0x1a, 0xff, 0xff, 0xff],       // call allocate
            &[0x48, 0x85, 0xc0],                   // test rax, rax
            &[0x0f, 0x84, 0x48, 0xff, 0xff, 0xff], // je none
            &[0x48, 0x89, 0xc7],                   // mov rdi, rax
            &[0x49, 0x8b, 0x48, 0xf8],             // mov rcx, [r8-8]
            &[0x48, 0x39, 0xf1],                   // cmp rcx, rsi
            &[0x48, 0x0f, 0x47, 0xce],             // cmova rcx, rsi
            &[0x4c, 0x89, 0xc6],                   // mov rsi, r8
            &[0xf3, 0xa4],                         // rep movsb
            &[0xc3],                               // ret
        ],
    ),
    (
        "free",
        &[
            &[0x48, 0x85, 0xff],                         // test rdi, rdi
            &[0x74, 0x1a],                               // je done
            &[0x4c, 0x8d, 0x1d, 0xec, 0x0e, 0x00, 0x00], // lea r11, [control]
            &[0x48, 0x8b, 0x47, 0xf8],                   // mov rax, [rdi-8]
            &[0x48, 0x01, 0xf8],                         // add rax, rdi
            &[0x49, 0x3b, 0x03],                         // cmp rax, [r11]
            &[0x75, 0x07],                               // jne done
            &[0x48, 0x8b, 0x47, 0xf0],                   // mov rax, [rdi-16]
            &[0x49, 0x89, 0x03],                         // mov [r11], rax
            &[0xc3],                                     // done: ret
        ],
    ),
    (
        "usable_size",
        &[
            &[0x31, 0xc0],             // xor eax, eax
            &[0x48, 0x85, 0xff],       // test rdi, rdi
            &[0x74, 0xf8],             // je done
            &[0x48, 0x8b, 0x47, 0xf8], // mov rax, [rdi-8]
            &[0xc3],                   // ret
        ],
    ),
    (
        "zero",
        &[
            &[0x31, 0xc0], // xor eax, eax
            &[0xc3],       // ret
        ],
    ),
    (
        "end",
        &[
            &[0xcc],       // int3
            &[0xeb, 0xfd], // jmp end
        ],
    ),
    (
        "tls_address",
        &[
            &[0x48, 0x8b, 0x07],       // mov rax, [rdi]
            &[0x48, 0x03, 0x47, 0x08], // add rax, [rdi+8]
            &[0xc3],                   // ret
        ],
    ),
    (
        "tls_descriptor",
        &[
            &[0x48, 0x8b, 0x40, 0x08],                               // mov rax, [rax+8]
            &[0x64, 0x48, 0x2b, 0x04, 0x25, 0x00, 0x00, 0x00, 0x00], // sub rax, fs:[0]
            &[0xc3],                                                 // ret
        ],
    ),
];

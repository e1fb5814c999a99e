//! What a hostile kernel can do, and when. Each word is a function of `hostile/*.h`.

use std::ops::Range;

/// What an act breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// The call does not return, or its process ends: a finding wherever that is reached.
    Call,
    /// The result is wrong: a finding wherever that is compared.
    Result,
    /// A law about one of a library's calls: a finding if every call does it.
    EveryCall,
    /// Perhaps nothing: crcheck may say anything.
    Perhaps,
    /// Perhaps nothing, and it may mend what another rule breaks.
    PerhapsMends,
}

/// An act: its name in C, what it breaks, and the parameters that it can have.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) name: &'static str,
    pub(crate) breaks: Breaks,
    pub(crate) parameters: Range<u64>,
}

const fn act(name: &'static str, breaks: Breaks, parameters: Range<u64>) -> Act {
    Act {
        name,
        breaks,
        parameters,
    }
}

use Breaks::{Call, EveryCall, Perhaps, PerhapsMends, Result};

/// The wrong result, which any other act may accompany.
pub(crate) const FLIP: Act = act("flip", Result, 0..32);

/// Acts on the call, the thread, the process, and its signals.
pub(crate) const ENDS: &[Act] = &[
    act("read_null", Call, 0..4096),
    act("read_wild", Call, 0..1),
    act("write_null", Call, 0..4096),
    act("write_code", Call, 0..1),
    act("jump_null", Call, 0..4096),
    act("trap", Call, 0..1),
    act("beyond_file", Call, 0..1),
    act("abort", Call, 0..1),
    act("exit_now", Call, 0..3),
    act("exit_quietly", Call, 0..2),
    act("exit_waiting", Call, 0..1),
    act("exit_crashing", Call, 0..1),
    act("quick_exit", Call, 0..2),
    act("end_thread", Call, 0..2),
    act("pthread_exit", Call, 0..1),
    act("pthread_cancel", Call, 0..1),
    act("main_thread_ends", Call, 0..1),
    // Those that end or stop a process by default: HUP to SYS but CHLD, CONT, URG and WINCH.
    act("raise_default", Call, 1..17),
    act("raise_default", Call, 19..23),
    act("raise_default", Call, 24..28),
    act("raise_default", Call, 29..32),
    act("raise_default", Call, 34..65),
    act("raise_mildly", Perhaps, 17..19),
    act("raise_mildly", Perhaps, 23..24),
    act("raise_mildly", Perhaps, 28..29),
    act("raise", Perhaps, 1..65),
    act("alarm", Perhaps, 0..1),
    act("loop", Call, 0..1),
    act("sleep", Call, 0..1),
    act("loop_deaf", Call, 0..1),
    act("recurse", Call, 0..1),
    act("large_frame", Perhaps, 1..128),
    act("jump_back", PerhapsMends, 0..1),
    act("raise_exception", Perhaps, 0..1),
    act("strict", Perhaps, 0..1),
    act("handle_faults", PerhapsMends, 0..4),
    act("block_signals", PerhapsMends, 0..1),
    act("no_handler_stack", Perhaps, 0..1),
    act("small_limits", Perhaps, 0..16),
];

/// Acts on memory.
pub(crate) const MEMORY: &[Act] = &[
    act("read_behind", EveryCall, 0..1),
    act("read_before", EveryCall, 0..1),
    act("use_behind", EveryCall, 0..1),
    act("write_message", EveryCall, 0..1),
    act("unprotect_message", Perhaps, 0..1),
    act("unmap_message", EveryCall, 0..1),
    act("replace_message", Perhaps, 0..1),
    act("remove_message", Perhaps, 0..2),
    act("open_guards", PerhapsMends, 0..1),
    act("overrun_heap", Perhaps, 0..128),
    act("free_twice", Perhaps, 0..1),
    act("free_message", Perhaps, 0..1),
    act("free_stack", Perhaps, 0..1),
    act("much_memory", Perhaps, 0..1),
    act("leak", Perhaps, 0..1),
    act("lock_memory", Perhaps, 0..1),
    act("close_itself", Perhaps, 0..1),
    act("scribble_program", Perhaps, 0..1 << 20),
    act("scribble_heap", Perhaps, 0..1 << 20),
    act("scribble_libraries", Perhaps, 0..1 << 20),
    act("scribble_shared", Perhaps, 0..1 << 20),
    act("unmap_shared", Perhaps, 0..1),
    act("unmap_all", Perhaps, 0..1),
    act("freeze_shared", Perhaps, 0..2),
    act("punch_shared", Perhaps, 0..2),
    act("keep_scribbling", Perhaps, 0..1 << 20),
    act("truncate_mapped", Perhaps, 0..4),
    act("truncate_open", Perhaps, 0..4),
];

/// Acts on processes.
pub(crate) const PROCESSES: &[Act] = &[
    act("child_stays", Perhaps, 0..1),
    act("child_spins", Perhaps, 0..1),
    act("child_deaf", Perhaps, 0..1),
    act("child_returns", Perhaps, 0..1),
    act("child_ends", Perhaps, 0..3),
    act("grandchild_own_session", Perhaps, 0..1),
    act("own_group", Perhaps, 0..1),
    act("own_session", Perhaps, 0..1),
    act("child_own_group", Perhaps, 0..1),
    act("child_executes", Perhaps, 0..1),
    act("children", Perhaps, 0..1),
    act("vfork", Perhaps, 0..1),
    act("refuse_death", Perhaps, 0..1),
    act("signal_parent", Perhaps, 1..65),
    act("signal_parent_thread", Perhaps, 1..65),
    act("queue_to_parent", Perhaps, 1..65),
    act("pidfd_to_parent", Perhaps, 1..65),
    act("signal_group", Perhaps, 1..65),
    act("own_for_parent", Perhaps, 1..65),
    act("limit_parent", Perhaps, 0..16),
    act("schedule_parent", Perhaps, 0..2),
    act("slow_parent", Perhaps, 0..2),
    act("io_of_parent", Perhaps, 0..1),
    act("bind_parent", Perhaps, 0..1),
    act("trace_parent", Perhaps, 0..2),
    act("write_parent", Perhaps, 0..1),
    act("sacrifice_parent", Perhaps, 0..1),
    act("threads_stay", Perhaps, 0..1),
];

/// Acts on descriptors, files, sockets and the rest.
pub(crate) const OUTSIDE: &[Act] = &[
    act("close_all", Call, 0..1),
    act("close_one", Perhaps, 0..12),
    act("null_all", Perhaps, 0..1),
    act("many_files", Perhaps, 0..1),
    act("eat_all", Perhaps, 0..1),
    act("talk_to_all", Perhaps, 0..256),
    act("shut_all", Perhaps, 0..3),
    act("never_wait", Perhaps, 0..1),
    act("pass_files", Perhaps, 0..2),
    act("flood", Perhaps, 0..8),
    act("chatter", Perhaps, 0..1),
    act("touch_victim", Perhaps, 0..2),
    act("truncate_victim", Perhaps, 0..1),
    act("make_in_victim", Perhaps, 0..1),
    act("remove_victim", Perhaps, 0..2),
    act("change_victim", Perhaps, 0..1),
    act("flag_victim", Perhaps, 0..1),
    act("change_tmp", Perhaps, 0..1),
    act("send_udp", Perhaps, 0..1),
    act("connect_tcp", Perhaps, 0..1),
    act("send_to_path", Perhaps, 0..1),
    act("ask_kernel", Perhaps, 0..1),
    act("shared_memory", Perhaps, 0..1),
    act("message_queue", Perhaps, 0..1),
    act("semaphores", Perhaps, 0..1),
    act("named_queue", Perhaps, 0..1),
    act("named_memory", Perhaps, 0..1),
    act("key", Perhaps, 0..2),
    act("change_folder", Perhaps, 0..1),
    act("change_environment", Perhaps, 0..2),
    act("change_locale", Perhaps, 0..1),
    act("be_nice", Perhaps, 0..1),
];

/// Acts on registers.
#[cfg(target_arch = "x86_64")]
pub(crate) const REGISTERS: &[Act] = &[
    act("spoil", EveryCall, 0..7),
    act("round_up", EveryCall, 0..1),
    act("fewer_digits", EveryCall, 0..1),
    act("leave_mmx", EveryCall, 0..1),
    // Without AVX2 it does nothing.
    act("leave_upper", Perhaps, 0..1),
    act("no_clock", Perhaps, 0..1),
    act("thread_base", Perhaps, 0..1 << 12),
];
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const REGISTERS: &[Act] = &[];

/// A moment: its name in C, its parameters, and whether `verify --depth quick` meets it by its
/// plan, for a library and for a program.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) name: &'static str,
    pub(crate) parameters: Range<u64>,
    pub(crate) is_met: bool,
    pub(crate) is_met_by_programs: bool,
    /// Whether the moment depends on the call's arguments alone.
    pub(crate) is_of_arguments: bool,
}

const fn moment(
    name: &'static str,
    parameters: Range<u64>,
    [is_met, is_met_by_programs, is_of_arguments]: [bool; 3],
) -> Moment {
    Moment {
        name,
        parameters,
        is_met,
        is_met_by_programs,
        is_of_arguments,
    }
}

/// The moment of every call.
pub(crate) const ALWAYS: Moment = moment("always", 0..1, [true, true, true]);

/// `nth` and `every` count the calls of a process, of which `agree` alone makes thousands in one.
/// A checksum of 0 and of all ones are among those that a sweep starts from.
pub(crate) const MOMENTS: &[Moment] = &[
    ALWAYS,
    moment("nth", 1..2, [true, true, false]),
    moment("nth", 1..500, [true, true, false]),
    moment("every", 2..500, [true, true, false]),
    moment("length", 0..641, [true, true, true]),
    moment("length", 641..5000, [false, false, true]),
    moment("at_least", 0..600, [true, true, true]),
    moment("alignment", 0..64, [true, false, true]),
    moment("cell", 0..64 * 641, [true, false, true]),
    moment("checksum", 0..1, [true, true, true]),
    moment("checksum", 0xffff_ffff..0x1_0000_0000, [true, true, true]),
    moment("first_byte", 0..256, [true, true, true]),
    moment("second_thread", 0..1, [true, false, false]),
];

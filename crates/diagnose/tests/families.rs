//! Families of faults with drawn parameters, in registers of 8 to 64 bits, by functions that take a
//! register and by those that do not: each is told in the right sentence with the right parameters.
#![allow(missing_docs)]

mod drawn;

use drawn::{Draw, Subject};

/// Draws `kind` by eight seeds. Each draw must be told in its own sentence.
fn is_told(kind: fn(&mut Draw) -> Subject) {
    let mut wrong = Vec::new();
    for seed in 0..8 {
        let subject = kind(&mut Draw::new(seed));
        let said = subject.diagnose(seed);
        if said != subject.sentence {
            let Subject { sentence, .. } = subject;
            wrong.push(format!("seed {seed}: {sentence:?}\n  said: {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! families {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { is_told(drawn::$name) })*
    };
}

families!(
    last_byte_dropped_at_multiples,
    block_dropped_at_multiples,
    bit_flipped_at_multiples,
    bit_flipped_at_residues,
    chunk_read_twice,
    chunk_read_again_in_place_of_the_last,
    chunk_in_place_of_another,
    chunk_cut_in_place_of_the_second,
    every_chunk_but_the_first_twice,
    bytes_left_out_in_the_middle,
    byte_left_out_near_the_end,
    prologue_past_the_end,
    chunk_never_left,
    tail_from_the_last_chunk,
    tail_from_the_start,
    tail_backwards,
    tail_words_backwards,
    words_backwards,
    blocks_backwards,
    blocks_from_the_end,
    one_byte_of_each_word,
    lanes_swapped,
    lane_read_twice,
    half_read_twice,
    half_swapped,
    table_entries_missing,
    table_entries_zero,
    table_entries_late,
    table_row_of_eight,
    table_of_halves,
);

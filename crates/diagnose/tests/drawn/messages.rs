//! Messages that change before a subject reads them.

use super::{Draw, Subject};
use crcheck_oracle::judge::Judge;

/// A period that is no power of two, and a multiple of it from which on a fault shows.
fn period(draw: &mut Draw) -> (usize, usize) {
    let modulus = draw.number(3, 256);
    (modulus, modulus * draw.number(1, 6))
}

/// At multiples of a number, from one of them on, leaves out the last bytes.
fn dropped_at_multiples(draw: &mut Draw, bytes: impl Fn(usize) -> usize) -> Subject {
    let (modulus, from) = period(draw);
    let dropped = bytes(modulus);
    let last = match dropped {
        1 => "byte".to_owned(),
        _ => format!("{dropped} bytes"),
    };
    let mut sentence = format!("leaves out the last {last}, when length % {modulus} = 0");
    if from > modulus {
        sentence += &format!(", from length {from} on");
    }
    draw.subject(sentence, move |judge, call| {
        let length = call.length();
        let is_hit = length >= from && length.is_multiple_of(modulus);
        let dropped = if is_hit { dropped } else { 0 };
        judge.update(call.checksum, &call.message[..length - dropped])
    })
}

pub(crate) fn last_byte_dropped_at_multiples(draw: &mut Draw) -> Subject {
    dropped_at_multiples(draw, |_| 1)
}

pub(crate) fn block_dropped_at_multiples(draw: &mut Draw) -> Subject {
    dropped_at_multiples(draw, |modulus| modulus)
}

pub(crate) fn bit_flipped_at_multiples(draw: &mut Draw) -> Subject {
    let (modulus, from) = period(draw);
    flipped_at(draw, modulus, vec![0], from)
}

pub(crate) fn bit_flipped_at_residues(draw: &mut Draw) -> Subject {
    let modulus = draw.one(&[5, 7, 9, 12, 13, 24, 33, 48, 57, 100]);
    let first = draw.number(1, modulus - 4);
    let residues = draw.one(&[&[0][..], &[0, 1], &[0, 2]]);
    let residues: Vec<usize> = residues.iter().map(|by| first + by).collect();
    let from = modulus * draw.number(2, 5) + first;
    flipped_at(draw, modulus, residues, from)
}

/// Flips a bit of the result at lengths with these residues, from one of them on.
fn flipped_at(draw: &mut Draw, modulus: usize, residues: Vec<usize>, from: usize) -> Subject {
    let bit = 1_u64 << draw.number(0, 7);
    let listed: Vec<String> = residues.iter().map(usize::to_string).collect();
    let digits = usize::from(draw.model.width) / 4 + 2;
    let sentence = format!(
        "gives its result XORed with {bit:#0digits$x}, when length % {modulus} = {}, \
         from length {from} on",
        listed.join(", ")
    );
    draw.subject(sentence, move |judge, call| {
        let right = judge.update(call.checksum, &call.message);
        let is_hit = call.length() >= from && residues.contains(&(call.length() % modulus));
        right ^ if is_hit { bit } else { 0 }
    })
}

/// A chunk size and the index of a chunk, and a length that has it and more.
fn chunk(draw: &mut Draw) -> (usize, usize, usize) {
    let chunk = draw.one(&[4, 8, 12, 16, 32, 64, 100, 128, 256]);
    let index = draw.number(0, 5);
    let from = chunk * (index + 2) + draw.number(1, 100);
    (chunk, index, from)
}

fn place(chunk: usize, index: usize) -> String {
    match index {
        0 => format!("the first {chunk} bytes"),
        _ => format!("the {chunk} bytes at index {}", chunk * index),
    }
}

pub(crate) fn chunk_read_twice(draw: &mut Draw) -> Subject {
    let (chunk, index, from) = chunk(draw);
    let sentence = format!("reads {} twice", place(chunk, index));
    draw.rewriting(&sentence, from, move |message| {
        let at = chunk * index;
        [&message[..at + chunk], &message[at..]].concat()
    })
}

pub(crate) fn chunk_read_again_in_place_of_the_last(draw: &mut Draw) -> Subject {
    let (chunk, index, from) = chunk(draw);
    let sentence = format!(
        "does not move past {} and reads them again, so that it never reads the last {chunk} bytes",
        place(chunk, index)
    );
    draw.rewriting(&sentence, from, move |message| {
        let mut left = message.len();
        let (mut at, mut is_first) = (0, true);
        let mut read = Vec::new();
        while left > 0 {
            let count = left.min(chunk);
            read.extend_from_slice(&message[at..at + count]);
            left -= count;
            if at == chunk * index && is_first {
                is_first = false;
            } else {
                at += count;
            }
        }
        read
    })
}

pub(crate) fn chunk_in_place_of_another(draw: &mut Draw) -> Subject {
    let chunk = draw.one(&[4, 12, 24, 32, 64, 100]);
    let read = draw.number(0, 4);
    let never = (read + draw.number(1, 4)) % 5;
    let from = chunk * (read.max(never) + 1) + draw.number(1, 50);
    let bytes = |index: usize| format!("{} to {}", chunk * index, chunk * (index + 1) - 1);
    let sentence = format!(
        "reads bytes {} in place of bytes {}",
        bytes(read),
        bytes(never)
    );
    draw.rewriting(&sentence, from, move |message| {
        let mut read_bytes = message.to_vec();
        read_bytes.copy_within(chunk * read..chunk * (read + 1), chunk * never);
        read_bytes
    })
}

pub(crate) fn chunk_cut_in_place_of_the_second(draw: &mut Draw) -> Subject {
    let chunk = draw.one(&[4, 8, 12, 16, 32, 64, 100]);
    let last = 2 * chunk - 1;
    let sentence = format!(
        "reads bytes 0 to {} in place of bytes {chunk} to {last}",
        chunk - 1
    );
    draw.subject(sentence, move |judge, call| {
        let chunks = call.message.chunks(chunk).enumerate();
        let read = chunks.map(|(index, bytes)| match index {
            1 => &call.message[..bytes.len()],
            _ => bytes,
        });
        judge.update(call.checksum, &read.collect::<Vec<_>>().concat())
    })
}

pub(crate) fn every_chunk_but_the_first_twice(draw: &mut Draw) -> Subject {
    let (chunk, _, from) = chunk(draw);
    let sentence = format!("reads each whole {chunk} bytes but the first twice");
    draw.rewriting(&sentence, from, move |message| {
        let chunks = message.chunks(chunk).enumerate();
        let times = |(at, bytes): (usize, &[u8])| {
            bytes.repeat(if at > 0 && bytes.len() == chunk { 2 } else { 1 })
        };
        chunks.flat_map(times).collect()
    })
}

pub(crate) fn bytes_left_out_in_the_middle(draw: &mut Draw) -> Subject {
    let first = draw.number(1, 100);
    let to = first + draw.number(2, 64);
    let from = to + draw.number(1, 50);
    let sentence = format!("leaves out bytes {first} to {}", to - 1);
    draw.rewriting(&sentence, from, move |message| {
        [&message[..first], &message[to..]].concat()
    })
}

pub(crate) fn byte_left_out_near_the_end(draw: &mut Draw) -> Subject {
    let behind = draw.number(2, 7);
    let sentence = format!("leaves out byte length - {behind}, when length % 8 = {behind}");
    draw.subject(sentence, move |judge, call| {
        let length = call.length();
        let mut message = call.message.clone();
        if length % 8 == behind {
            message.remove(length - behind);
        }
        judge.update(call.checksum, &message)
    })
}

pub(crate) fn prologue_past_the_end(draw: &mut Draw) -> Subject {
    let modulus = draw.one(&[4, 8, 16, 32, 64]);
    let sentence = format!(
        "leaves out the last byte, if the message ends before the first address that is a multiple \
         of {modulus}"
    );
    draw.subject(sentence, move |judge, call| {
        let mut message = call.message.clone();
        if message.len() < call.start().wrapping_neg() % modulus {
            message.pop();
        }
        judge.update(call.checksum, &message)
    })
}

pub(crate) fn chunk_never_left(draw: &mut Draw) -> Subject {
    let (chunk, index, from) = chunk(draw);
    let has_tail = draw.one(&[false, true]);
    let tail = if has_tail { "" } else { " and for the tail" };
    let sentence = format!(
        "never moves past {}: it reads them again for each whole {chunk} bytes that follow{tail}",
        place(chunk, index)
    );
    draw.rewriting(&sentence, from, move |message| {
        let whole = message.len() - message.len() % chunk;
        let stuck = chunk * index;
        let mut read = message[..stuck].to_vec();
        for _ in (stuck..whole).step_by(chunk) {
            read.extend_from_slice(&message[stuck..stuck + chunk]);
        }
        let tail = if has_tail { whole } else { stuck };
        read.extend_from_slice(&message[tail..][..message.len() - whole]);
        read
    })
}

pub(crate) fn tail_from_the_last_chunk(draw: &mut Draw) -> Subject {
    let (chunk, _, _) = chunk(draw);
    let from = chunk * draw.number(2, 6) + 1;
    let sentence = format!(
        "does not move past the last whole {chunk} bytes: it reads the tail, length % {chunk}, \
         from there"
    );
    draw.rewriting(&sentence, from, move |message| {
        let (whole, tail) = message.split_at(message.len() - message.len() % chunk);
        [whole, &whole[whole.len() - chunk..][..tail.len()]].concat()
    })
}

pub(crate) fn tail_from_the_start(draw: &mut Draw) -> Subject {
    let chunk = draw.number(4, 256);
    let from = chunk * draw.number(2, 6) + 1;
    let sentence = format!("reads the tail, length % {chunk}, from the start of the message");
    draw.rewriting(&sentence, from, move |message| {
        let (whole, tail) = message.split_at(message.len() - message.len() % chunk);
        [whole, &message[..tail.len()]].concat()
    })
}

pub(crate) fn tail_backwards(draw: &mut Draw) -> Subject {
    let block = draw.number(3, 256);
    let from = block * draw.number(1, 4) + 2;
    let sentence = format!("reads the last length % {block} bytes from the last to the first");
    draw.rewriting(&sentence, from, move |message| {
        let (whole, tail) = message.split_at(message.len() - message.len() % block);
        whole.iter().chain(tail.iter().rev()).copied().collect()
    })
}

fn reversed_words(bytes: &[u8], word: usize) -> Vec<u8> {
    let words = bytes.chunks_exact(word);
    let rest = words.remainder();
    words.rev().flatten().chain(rest).copied().collect()
}

pub(crate) fn tail_words_backwards(draw: &mut Draw) -> Subject {
    let word = draw.one(&[2, 4, 8, 16]);
    let block = word * draw.number(3, 256 / word);
    let from = block * draw.number(1, 3) + 2 * word;
    let sentence = format!(
        "reads the words of {word} bytes in the last length % {block} bytes from the last to the \
         first"
    );
    draw.rewriting(&sentence, from, move |message| {
        let (whole, tail) = message.split_at(message.len() - message.len() % block);
        [whole, &reversed_words(tail, word)].concat()
    })
}

pub(crate) fn words_backwards(draw: &mut Draw) -> Subject {
    let word = draw.one(&[2, 4, 8, 16]);
    let block = word * draw.number(3, 256 / word);
    let from = block + draw.number(1, 300);
    let sentence = format!(
        "reads the words of {word} bytes in each whole {block} bytes from the last to the first"
    );
    draw.rewriting(&sentence, from, move |message| {
        let blocks = message.chunks(block);
        let read = blocks.map(|bytes| match bytes.len() == block {
            true => reversed_words(bytes, word),
            false => bytes.to_vec(),
        });
        read.flatten().collect()
    })
}

pub(crate) fn blocks_backwards(draw: &mut Draw) -> Subject {
    let block = draw.number(2, 256);
    let from = 2 * block + draw.number(1, 300);
    let sentence = format!("reads the whole blocks of {block} bytes from the last to the first");
    draw.rewriting(&sentence, from, move |message| {
        reversed_words(message, block)
    })
}

pub(crate) fn blocks_from_the_end(draw: &mut Draw) -> Subject {
    let block = draw.number(2, 256);
    let from = block + draw.number(1, 300);
    let sentence = format!(
        "reads blocks of {block} bytes from the end of the message to its start, and then the \
         first length % {block} bytes"
    );
    draw.rewriting(&sentence, from, move |message| {
        let (first, rest) = message.split_at(message.len() % block);
        [&reversed_words(rest, block), first].concat()
    })
}

pub(crate) fn one_byte_of_each_word(draw: &mut Draw) -> Subject {
    let word = draw.number(2, 16);
    let (index, from) = (draw.number(0, word - 1), draw.number(word + 1, 400));
    let is_zero = draw.one(&[false, true]);
    let others = if is_zero {
        "the others count as zeros"
    } else {
        "it skips the others"
    };
    let sentence = format!("reads only byte {index} of each whole {word} bytes: {others}");
    draw.rewriting(&sentence, from, move |message| {
        let mut read = Vec::new();
        let words = message.chunks_exact(word);
        let tail = words.remainder();
        for bytes in words {
            for (at, byte) in bytes.iter().enumerate() {
                if at == index {
                    read.push(*byte);
                } else if is_zero {
                    read.push(0);
                }
            }
        }
        read.extend_from_slice(tail);
        read
    })
}

/// From `from` bytes on, changes each of some whole strides.
fn mixing(
    draw: &mut Draw,
    stride: usize,
    sentence: impl Fn(&str) -> String,
    mix: impl Fn(&mut [u8]) + 'static,
) -> Subject {
    let (first_only, but_first, last_only) = draw.one(&[
        (false, false, false),
        (true, false, false),
        (false, true, false),
        (false, false, true),
    ]);
    let of = match (first_only, but_first, last_only) {
        (true, ..) => format!("of the first {stride} bytes"),
        (_, true, _) => format!("of each whole {stride} bytes but the first"),
        (_, _, true) => format!("of the last whole {stride} bytes"),
        _ => format!("of each whole {stride} bytes"),
    };
    let from = 2 * stride + draw.number(1, 300);
    draw.rewriting(&sentence(&of), from, move |message| {
        let mut read = message.to_vec();
        let whole = message.len() / stride;
        for (index, bytes) in read.chunks_exact_mut(stride).enumerate() {
            let is_right = first_only && index > 0
                || but_first && index == 0
                || last_only && index + 1 < whole;
            if !is_right {
                mix(bytes);
            }
        }
        read
    })
}

/// The bytes of a lane of the first stride.
fn bytes(lane: usize) -> String {
    format!("{} to {}", 16 * lane, 16 * lane + 15)
}

pub(crate) fn lanes_swapped(draw: &mut Draw) -> Subject {
    let lanes = draw.one(&[3, 4, 5, 8, 16]);
    let first = draw.number(0, lanes - 2);
    let second = draw.number(first + 1, lanes - 1);
    let sentence = |of: &str| {
        if of.starts_with("of the first") {
            let (first, second) = (bytes(first), bytes(second));
            return format!("takes bytes {first} and bytes {second} for each other");
        }
        format!("takes lanes {first} and {second} {of} for each other (a lane has 16 bytes)")
    };
    mixing(draw, 16 * lanes, sentence, move |stride| {
        for at in 0..16 {
            stride.swap(16 * first + at, 16 * second + at);
        }
    })
}

pub(crate) fn lane_read_twice(draw: &mut Draw) -> Subject {
    let lanes = draw.one(&[2, 3, 4, 8, 16]);
    let read = draw.number(0, lanes - 1);
    let never = (read + draw.number(1, lanes - 1)) % lanes;
    let sentence = |of: &str| {
        if of.starts_with("of the first") {
            let (read, never) = (bytes(read), bytes(never));
            return format!("reads bytes {read} twice, for themselves and for bytes {never}");
        }
        format!(
            "reads lane {read} {of} twice, for itself and for lane {never} (a lane has 16 bytes)"
        )
    };
    mixing(draw, 16 * lanes, sentence, move |stride| {
        let lane = stride[16 * read..][..16].to_vec();
        stride[16 * never..][..16].copy_from_slice(&lane);
    })
}

/// The halves of each lane of what `of` says. One lane is the whole of it.
fn of_halves(of: &str, lanes: usize) -> String {
    match lanes {
        1 => of.to_owned(),
        _ => format!("of each 16 bytes {of}"),
    }
}

pub(crate) fn half_read_twice(draw: &mut Draw) -> Subject {
    let lanes = draw.one(&[1, 2, 4, 8, 16]);
    let is_first = draw.one(&[false, true]);
    let (twice, never) = if is_first {
        ("first", "last")
    } else {
        ("last", "first")
    };
    let sentence = |of: &str| {
        let of = of_halves(of, lanes);
        format!("reads the {twice} half {of} twice and the {never} half never")
    };
    mixing(draw, 16 * lanes, sentence, move |stride| {
        for lane in stride.chunks_exact_mut(16) {
            if is_first {
                lane.copy_within(..8, 8);
            } else {
                lane.copy_within(8.., 0);
            }
        }
    })
}

pub(crate) fn half_swapped(draw: &mut Draw) -> Subject {
    let lanes = draw.one(&[2, 4, 8, 16]);
    let sentence =
        |of: &str| format!("reads the two halves of each 16 bytes {of} in the wrong order");
    mixing(draw, 16 * lanes, sentence, |stride| {
        stride
            .chunks_exact_mut(16)
            .for_each(|lane| lane.rotate_left(8));
    })
}

//! Numbers and bits as short lists for people.

/// Ascending numbers as a list in which neighbours are a range.
pub(crate) fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let part = |&(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// The bits of a mask, as a range if they are one.
pub(crate) fn bits(mask: u64) -> String {
    let (low, high) = (mask.trailing_zeros(), 63 - mask.leading_zeros().min(63));
    let is_run = mask != 0 && (mask >> low).wrapping_add(1).is_power_of_two();
    match (mask, is_run) {
        (0, _) => "no bits".to_owned(),
        (_, true) if low == high => format!("bit {low}"),
        (_, true) => format!("bits {low} to {high}"),
        _ => format!("the bits {mask:#x}"),
    }
}

//! Elements of a lane: integers of 8 to 64 bits, the lowest first.

/// An integer that is an element of a lane of 128 bits.
pub(super) trait Element: Copy {
    const BYTES: usize;
    const ZERO: Self;
    const ONES: Self;

    /// From exactly [`Element::BYTES`] bytes.
    fn read(bytes: &[u8]) -> Self;

    fn write(self, bytes: &mut [u8]);

    /// `f` of each pair of elements that have the same place.
    fn zip(a: u128, b: u128, f: impl Fn(Self, Self) -> Self) -> u128;
}

macro_rules! elements {
    ($($integer:ident)*) => {$(
        impl Element for $integer {
            const BYTES: usize = size_of::<$integer>();
            const ZERO: Self = 0;
            const ONES: Self = !0;

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                let mut array = [0; size_of::<$integer>()];
                array.copy_from_slice(bytes);
                $integer::from_le_bytes(array)
            }

            #[inline]
            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn zip(a: u128, b: u128, f: impl Fn(Self, Self) -> Self) -> u128 {
                const BYTES: usize = size_of::<$integer>();
                let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
                let pairs = a.as_chunks::<BYTES>().0.iter().zip(b.as_chunks().0);
                let mut result = [0; 16];
                for (to, (a, b)) in result.as_chunks_mut().0.iter_mut().zip(pairs) {
                    *to = f(Self::from_le_bytes(*a), Self::from_le_bytes(*b)).to_le_bytes();
                }
                u128::from_le_bytes(result)
            }
        }
    )*};
}

elements!(u8 u16 u32 u64 i8 i16 i32 i64);

/// `f` of each element.
#[inline]
pub(super) fn map<E: Element>(a: u128, f: impl Fn(E) -> E) -> u128 {
    zip(a, a, |element, _| f(element))
}

/// `f` of each pair of elements that have the same place.
#[inline]
pub(super) fn zip<E: Element>(a: u128, b: u128, f: impl Fn(E, E) -> E) -> u128 {
    E::zip(a, b, f)
}

/// All ones in the elements for which `f` holds, zeros in the others.
#[inline]
pub(super) fn where_<E: Element>(a: u128, b: u128, f: impl Fn(E, E) -> bool) -> u128 {
    E::zip(a, b, |a, b| if f(a, b) { E::ONES } else { E::ZERO })
}

/// `f` of each two elements that are neighbours, those of `a` before those of `b`.
#[inline]
pub(super) fn pairs<E: Element>(a: u128, b: u128, f: impl Fn(E, E) -> E) -> u128 {
    let both = join(a, b);
    let mut result = [0; 16];
    for (pair, to) in both
        .chunks_exact(2 * E::BYTES)
        .zip(result.chunks_exact_mut(E::BYTES))
    {
        let (low, high) = pair.split_at(E::BYTES);
        f(E::read(low), E::read(high)).write(to);
    }
    u128::from_le_bytes(result)
}

/// The elements of `a`, then those of `b`, each made half as wide by `f`.
#[inline]
pub(super) fn pack<W: Element, N: Element>(a: u128, b: u128, f: impl Fn(W) -> N) -> u128 {
    let both = join(a, b);
    let mut result = [0; 16];
    for (wide, to) in both
        .chunks_exact(W::BYTES)
        .zip(result.chunks_exact_mut(N::BYTES))
    {
        f(W::read(wide)).write(to);
    }
    u128::from_le_bytes(result)
}

fn join(a: u128, b: u128) -> [u8; 32] {
    let mut both = [0; 32];
    both[..16].copy_from_slice(&a.to_le_bytes());
    both[16..].copy_from_slice(&b.to_le_bytes());
    both
}

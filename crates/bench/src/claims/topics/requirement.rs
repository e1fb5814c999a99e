//! What a CPU must have.

use crate::claims::answer::Verdict;
use crate::claims::claim::{Claim, Judge};
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Feature, Features};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "requires-avx2",
        says: "AVX2, which Haswell and Excavator have, is enough",
        judge: Judge::Arithmetic(avx2_alone),
    },
    Claim {
        id: "requires-avx2-dispatch",
        says: "a dispatcher may ask for AVX2 alone",
        judge: Judge::PlantedFault("article-dispatch-avx2"),
    },
];

/// What the kernel chooses on a CPU with AVX2 and without the multiplication, and with it.
fn avx2_alone() -> Verdict {
    let avx2 = [Feature::Sse41, Feature::Avx, Feature::Avx2];
    let avx2 = avx2.into_iter().fold(Features::default(), Features::with);
    let chosen = |features: Features| Tier::select(&features).name();
    let found = format!(
        "with AVX2 alone our kernel chooses {}, with PCLMULQDQ too {}, with VPCLMULQDQ too {}; \
         each has a CPUID bit of its own",
        chosen(avx2),
        chosen(avx2.with(Feature::Pclmulqdq)),
        chosen(avx2.with(Feature::Pclmulqdq).with(Feature::Vpclmulqdq))
    );
    if Tier::select(&avx2) == Tier::Portable {
        Verdict::refuted(found)
    } else {
        Verdict::reproduced(found)
    }
}

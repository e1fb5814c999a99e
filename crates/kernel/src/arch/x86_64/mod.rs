//! The tiers of x86-64.

mod avx2_pclmul;
mod avx2_vpclmul;
mod avx512_vpclmul;
mod avx512_vpclmul_gfni;
mod lane;
mod masks;
mod pclmul;
mod witness;
mod zmm;

pub(crate) use avx2_pclmul::Avx2Pclmul;
pub(crate) use avx2_vpclmul::Avx2Vpclmul;
pub(crate) use avx512_vpclmul::Avx512Vpclmul;
pub(crate) use avx512_vpclmul_gfni::Avx512VpclmulGfni;
pub(crate) use pclmul::Pclmul;

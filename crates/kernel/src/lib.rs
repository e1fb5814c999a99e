//! CRC-32/ISO-HDLC.
#![no_std]

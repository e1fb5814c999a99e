//! Names of catalogue entries besides their own.

/// The catalogue's aliases (`Alias:` in an entry), in its order.
pub(super) const ALIASES: &[(&str, &[&str])] = &[
    ("CRC-4/G-704", &["CRC-4/ITU"]),
    ("CRC-5/EPC-C1G2", &["CRC-5/EPC"]),
    ("CRC-5/G-704", &["CRC-5/ITU"]),
    ("CRC-6/G-704", &["CRC-6/ITU"]),
    ("CRC-7/MMC", &["CRC-7"]),
    ("CRC-8/I-432-1", &["CRC-8/ITU"]),
    ("CRC-8/MAXIM-DOW", &["CRC-8/MAXIM", "DOW-CRC"]),
    ("CRC-8/SMBUS", &["CRC-8"]),
    ("CRC-8/TECH-3250", &["CRC-8/AES", "CRC-8/EBU"]),
    ("CRC-10/ATM", &["CRC-10", "CRC-10/I-610"]),
    ("CRC-11/FLEXRAY", &["CRC-11"]),
    ("CRC-12/DECT", &["X-CRC-12"]),
    ("CRC-12/UMTS", &["CRC-12/3GPP"]),
    ("CRC-15/CAN", &["CRC-15"]),
    ("CRC-16/ARC", &["ARC", "CRC-16", "CRC-16/LHA", "CRC-IBM"]),
    ("CRC-16/DECT-R", &["R-CRC-16"]),
    ("CRC-16/DECT-X", &["X-CRC-16"]),
    (
        "CRC-16/GENIBUS",
        &[
            "CRC-16/DARC",
            "CRC-16/EPC",
            "CRC-16/EPC-C1G2",
            "CRC-16/I-CODE",
        ],
    ),
    ("CRC-16/IBM-3740", &["CRC-16/AUTOSAR", "CRC-16/CCITT-FALSE"]),
    (
        "CRC-16/IBM-SDLC",
        &[
            "CRC-16/ISO-HDLC",
            "CRC-16/ISO-IEC-14443-3-B",
            "CRC-16/X-25",
            "CRC-B",
            "X-25",
        ],
    ),
    ("CRC-16/ISO-IEC-14443-3-A", &["CRC-A"]),
    (
        "CRC-16/KERMIT",
        &[
            "CRC-16/BLUETOOTH",
            "CRC-16/CCITT",
            "CRC-16/CCITT-TRUE",
            "CRC-16/V-41-LSB",
            "CRC-CCITT",
            "KERMIT",
        ],
    ),
    ("CRC-16/MAXIM-DOW", &["CRC-16/MAXIM"]),
    ("CRC-16/MODBUS", &["MODBUS"]),
    ("CRC-16/PROFIBUS", &["CRC-16/IEC-61158-2"]),
    ("CRC-16/SPI-FUJITSU", &["CRC-16/AUG-CCITT"]),
    ("CRC-16/UMTS", &["CRC-16/BUYPASS", "CRC-16/VERIFONE"]),
    (
        "CRC-16/XMODEM",
        &[
            "CRC-16/ACORN",
            "CRC-16/LTE",
            "CRC-16/V-41-MSB",
            "XMODEM",
            "ZMODEM",
        ],
    ),
    ("CRC-24/OPENPGP", &["CRC-24"]),
    ("CRC-32/AIXM", &["CRC-32Q"]),
    ("CRC-32/BASE91-D", &["CRC-32D"]),
    (
        "CRC-32/BZIP2",
        &["CRC-32/AAL5", "CRC-32/DECT-B", "B-CRC-32"],
    ),
    ("CRC-32/CKSUM", &["CKSUM", "CRC-32/POSIX"]),
    (
        "CRC-32/ISCSI",
        &[
            "CRC-32/BASE91-C",
            "CRC-32/CASTAGNOLI",
            "CRC-32/INTERLAKEN",
            "CRC-32/NVME",
            "CRC-32C",
        ],
    ),
    (
        "CRC-32/ISO-HDLC",
        &[
            "CRC-32",
            "CRC-32/ADCCP",
            "CRC-32/V-42",
            "CRC-32/XZ",
            "PKZIP",
        ],
    ),
    ("CRC-32/JAMCRC", &["JAMCRC"]),
    ("CRC-32/XFER", &["XFER"]),
    ("CRC-64/ECMA-182", &["CRC-64"]),
    ("CRC-64/XZ", &["CRC-64/GO-ECMA"]),
];

/// Names in wide use that the catalogue does not list.
pub(super) const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("CRC-8/MAXIM-DOW", &["CRC-8/DALLAS"]),
    ("CRC-16/ARC", &["CRC-16/ANSI", "CRC-16/IBM"]),
    ("CRC-16/XMODEM", &["CRC-16/CCITT-ZERO"]),
    (
        "CRC-32/ISO-HDLC",
        &[
            "CRC-32/ETHERNET",
            "CRC-32/GZIP",
            "CRC-32/IEEE",
            "CRC-32/PKZIP",
            "CRC-32/ZLIB",
        ],
    ),
    ("CRC-64/ECMA-182", &["CRC-64/ECMA"]),
    ("CRC-64/GO-ISO", &["CRC-64/ISO"]),
];

/// Names that some use for other entries too.
pub(super) const AMBIGUOUS: &[(&str, &[&str])] = &[
    ("CRC-8", &["CRC-8/I-432-1", "CRC-8/MAXIM-DOW"]),
    (
        "CRC-16",
        &["CRC-16/IBM-3740", "CRC-16/MODBUS", "CRC-16/XMODEM"],
    ),
    ("CRC-CCITT", &["CRC-16/IBM-3740", "CRC-16/XMODEM"]),
    ("CRC-16/CCITT", &["CRC-16/IBM-3740", "CRC-16/XMODEM"]),
    ("CRC-64", &["CRC-64/GO-ISO", "CRC-64/XZ"]),
    ("CRC-64/ECMA", &["CRC-64/XZ"]),
];

/// The catalogue's entry that no judge can compute, and its width in bits.
pub(super) const TOO_WIDE: (&str, u8) = ("CRC-82/DARC", 82);

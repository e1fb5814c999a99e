//! Tables in plain text and in Markdown.

/// A table: its title, and its lines, the first of which is the head.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) lines: Vec<Vec<String>>,
}

impl Table {
    /// Plain text: columns side by side, to the right.
    pub(crate) fn human(&self) -> String {
        format!("\n{}\n{}", self.title, aligned(&self.lines))
    }

    /// Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("\n## {}\n\n", self.title);
        for (index, line) in self.lines.iter().enumerate() {
            text += &format!("| {} |\n", line.join(" | "));
            if index == 0 {
                text += &format!("|{}\n", "---:|".repeat(line.len()));
            }
        }
        text
    }
}

fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&widths);
        let cells: String = cells
            .map(|(cell, width)| format!("  {cell:>width$}"))
            .collect();
        cells + "\n"
    };
    lines.iter().map(line).collect()
}

/// The cell of a figure that does not exist.
pub(crate) fn none() -> String {
    "-".to_owned()
}

/// Three significant digits.
pub(crate) fn three_digits(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

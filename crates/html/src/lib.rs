//! Pages that need nothing else: one HTML file, which asks no network for anything.
//!
//! What is written is well-formed XML as well, so that it can be checked without a browser. Texts
//! go through [`escaped`], data for a script through [`data`].

use std::fmt::Write;

/// What all pages look like: light or dark as the reader has it, and no wider than the screen.
const STYLE: &str = include_str!("page.css");

/// A page under way.
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    style: &'static str,
    script: &'static str,
    body: String,
}

impl Page {
    /// An empty page.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            style: "",
            script: "",
            body: String::new(),
        }
    }

    /// With rules of its own, behind those of every page.
    #[must_use]
    pub fn style(self, style: &'static str) -> Self {
        Self { style, ..self }
    }

    /// With a script, run when the page is there. It must not contain `</script`.
    #[must_use]
    pub fn script(self, script: &'static str) -> Self {
        Self { script, ..self }
    }

    /// Appends elements.
    pub fn push(&mut self, html: &str) {
        self.body.push_str(html);
    }

    /// Appends a heading of the second level, with its name in links.
    pub fn heading(&mut self, id: &str, text: &str) {
        let (id, text) = (escaped(id), escaped(text));
        // Writing to a string cannot fail.
        let _ = writeln!(self.body, "<h2 id=\"{id}\">{text}</h2>");
    }

    /// Appends a table whose first line is its head.
    pub fn table(&mut self, lines: &[Vec<String>]) {
        self.push(&table(lines));
    }

    /// The whole page.
    pub fn finish(self) -> String {
        let Self {
            title,
            style,
            script,
            body,
        } = self;
        let script = if script.is_empty() {
            String::new()
        } else {
            format!("<script>\n{script}</script>\n")
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta name=\"color-scheme\" content=\"light dark\"/>\n<link rel=\"icon\" href=\"data:,\"/>\n\
             <title>{}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n{body}{script}</body>\n</html>\n",
            escaped(&title)
        )
    }
}

/// A table whose first line is its head, in a frame that scrolls where the screen is narrow.
pub fn table(lines: &[Vec<String>]) -> String {
    let Some((head, rows)) = lines.split_first() else {
        return String::new();
    };
    let is_figure = |cell: &str| {
        cell.is_empty() || cell == "-" || cell.starts_with(|letter: char| letter.is_ascii_digit())
    };
    let figures: Vec<bool> = (0..head.len())
        .map(|column| {
            rows.iter()
                .all(|row| row.get(column).is_none_or(|cell| is_figure(cell)))
        })
        .collect();
    let line = |cells: &Vec<String>, tag: &str| {
        let cells = cells.iter().zip(&figures).map(|(cell, &is_figure)| {
            let class = if is_figure { " class=\"figure\"" } else { "" };
            format!("<{tag}{class}>{}</{tag}>", escaped(cell))
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = rows.iter().map(|row| line(row, "td")).collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\"><table>\n<thead>{}</thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        line(head, "th")
    )
}

/// Text that stays text in a page. What no XML may contain becomes U+FFFD.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(letter),
            other if other.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// JSON as data for a script: no text in it ends the element.
pub fn data(id: &str, json: &str) -> String {
    let json = json
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e");
    format!(
        "<script type=\"application/json\" id=\"{}\">{json}</script>\n",
        escaped(id)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(
            escaped("<b a=\"'&\">\u{1}"),
            "&lt;b a=&quot;&#39;&amp;&quot;&gt;\u{fffd}"
        );
        let data = data("d", "[\"</script><b>\"]");
        assert_eq!(data.matches("</script>").count(), 1);
        assert!(data.contains("\\u003c/script\\u003e\\u003cb\\u003e"));
        let mut page = Page::new("<title>");
        page.table(&[vec!["<th>".to_owned()], vec!["<td>".to_owned()]]);
        let page = page.finish();
        for inside in ["<title><title>", "<th><th>", "<td><td>"] {
            assert!(!page.contains(inside), "{inside}");
        }
    }
}

//! HTML documents that need nothing else: one file, which loads nothing from any network.
//!
//! Markup comes from [`maud::html!`] alone, which escapes every text. A document is well-formed XML
//! as well, so that a test can check it without a browser: callers write no void elements, such as
//! `br`, which HTML leaves open.

#![forbid(unsafe_code)]

use maud::{Markup, PreEscaped, html};

/// The style of every document: light or dark as the reader's system is, no wider than the screen.
const STYLE: &str = include_str!("style.css");

/// How every document begins, by which [`is_document`] knows it. The void elements are closed as
/// XML wants it.
const START: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="generator" content="crcheck"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<link rel="icon" href="data:,"/>
"#;

const END: &str = "\n</html>\n";

/// Whether a text is the whole of a document, with nothing around it.
pub fn is_document(text: &str) -> bool {
    let rest = text.strip_prefix(START);
    rest.is_some_and(|rest| rest.find(END) == Some(rest.len().wrapping_sub(END.len())))
}

/// A document.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The title in the browser's frame.
    pub title: &'a str,
    /// CSS rules that follow those of every document.
    pub style: &'static str,
    /// JavaScript that runs once the body is loaded. It must not contain `</script`.
    pub script: &'static str,
    /// The elements of the body.
    pub body: Markup,
}

impl Document<'_> {
    /// The text of the file. Control characters, which XML forbids, become U+FFFD, except line
    /// feeds and tabs.
    pub fn render(&self) -> String {
        let document = html! {
            (PreEscaped(START))
            title { (self.title) } "\n"
            style { "\n" (PreEscaped(STYLE)) (PreEscaped(self.style)) } "\n"
            (PreEscaped("</head>\n"))
            body {
                "\n" (self.body)
                @if !self.script.is_empty() {
                    script { "\n" (PreEscaped(self.script)) } "\n"
                }
            }
            (PreEscaped(END))
        };
        let is_forbidden = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
        document.into_string().replace(is_forbidden, "\u{fffd}")
    }
}

/// A heading of the second level. Links reach it by `id`.
pub fn heading(id: &str, text: &str) -> Markup {
    html! { h2 id=(id) { (text) } "\n" }
}

/// A table in a frame that scrolls where the screen is narrow. The first line is the head; a column
/// of figures is aligned to the right.
pub fn table(lines: &[Vec<String>]) -> Markup {
    let Some((head, rows)) = lines.split_first() else {
        return Markup::default();
    };
    let has_figures = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column));
        cells.all(|cell| is_figure(cell))
    };
    let columns = 0..head.len();
    let classes: Vec<Option<&str>> = columns
        .map(|column| has_figures(column).then_some("figure"))
        .collect();
    html! {
        div.wide tabindex="0" {
            table {
                "\n"
                thead {
                    tr {
                        @for (text, class) in head.iter().zip(&classes) {
                            th class=[class] { (text) }
                        }
                    }
                }
                "\n"
                tbody {
                    "\n"
                    @for row in rows {
                        tr {
                            @for (text, class) in row.iter().zip(&classes) {
                                td class=[class] { (text) }
                            }
                        }
                        "\n"
                    }
                }
            }
        }
        "\n"
    }
}

fn is_figure(cell: &str) -> bool {
    cell.is_empty() || cell == "-" || cell.starts_with(|letter: char| letter.is_ascii_digit())
}

/// JSON as data for a script, which finds it by `id`. No text in the JSON ends the element.
pub fn data(id: &str, json: &str) -> Markup {
    let json = json
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e");
    html! { script type="application/json" id=(id) { (PreEscaped(json)) } "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(body: Markup) -> String {
        Document {
            title: "<title>",
            style: "",
            script: "",
            body,
        }
        .render()
    }

    #[test]
    fn a_document_is_known_as_a_whole() {
        let own = document(html! { p { "</html>" } });
        assert!(is_document(&own), "{own}");
        assert!(own.contains("<head>") && own.contains("</head>"), "{own}");
        for other in [
            format!("{own}mine"),
            format!("{own}{own}"),
            format!("mine{own}"),
            own.replace("generator", "author"),
            "</html>\n".to_owned(),
        ] {
            assert!(!is_document(&other), "{other}");
        }
    }

    #[test]
    fn text_never_becomes_markup() {
        let lines = [
            vec!["<th>".to_owned()],
            vec!["<td a=\"'&\">\u{1}".to_owned()],
        ];
        let document = document(html! { (heading("\"id", "<h2>")) (table(&lines)) });
        for inside in [
            "<title><title>",
            "<h2><h2>",
            "<th><th>",
            "<td><td",
            "id=\"\"id",
        ] {
            assert!(!document.contains(inside), "{inside}");
        }
        assert!(
            document.contains("&lt;td a=&quot;'&amp;&quot;&gt;\u{fffd}"),
            "{document}"
        );
    }

    #[test]
    fn json_does_not_end_its_element() {
        let data = data("d", "[\"</script><b>\"]").into_string();
        assert_eq!(data.matches("</script>").count(), 1);
        assert!(data.contains("\\u003c/script\\u003e\\u003cb\\u003e"));
    }

    #[test]
    fn columns_of_figures_are_marked() {
        let lines = [["name", "GB/s"], ["a", "1.5"], ["2", "-"]];
        let lines = lines.map(|line| line.map(str::to_owned).to_vec());
        let table = table(&lines).into_string();
        assert_eq!(table.matches("class=\"figure\"").count(), 3, "{table}");
        assert!(table.contains("<td>a</td><td class=\"figure\">1.5</td>"));
    }
}

//! As much of HTTP as a game client needs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::program::LIMIT;

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

pub(crate) fn get(address: &str, path: &str) -> Answer {
    request(address, "GET", path, None, None)
}

pub(crate) fn post(address: &str, path: &str, player: Option<&str>, body: Option<&Value>) -> Answer {
    request(address, "POST", path, player, body)
}

/// All of an answer as it came, but for the line that says when.
pub(crate) fn bytes_of_post(address: &str, path: &str, player: &str, body: &Value) -> String {
    let answer = exchange(address, "POST", path, Some(player), Some(body));
    answer.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect()
}

fn request(address: &str, method: &str, path: &str, player: Option<&str>, body: Option<&Value>) -> Answer {
    let answer = exchange(address, method, path, player, body);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    Answer { status: status.unwrap_or_else(|| panic!("no status: {head:?}")), body }
}

fn exchange(address: &str, method: &str, path: &str, player: Option<&str>, body: Option<&Value>) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let player = player.map(|name| format!("x-player: {name}\r\n")).unwrap_or_default();
    let kind = body.map(|_| "content-type: application/json\r\n").unwrap_or_default();
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{player}{kind}content-length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

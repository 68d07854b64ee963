//! A stream of Redis as a queue: a client of its protocol, and a source of messages.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::{Command, Stdio};

use gusset::messaging::{Acknowledge, Delivery, Settlement, Source};
use gusset_tests::programs::Program;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The stream, its dead letters, and the group of its workers.
pub(crate) const ORDERS: &str = "orders";
pub(crate) const DEAD: &str = "orders.dead";
const GROUP: &str = "workers";
/// The field that counts deliveries. Streams count only those that were claimed.
const DELIVERIES: &str = "deliveries";

/// The fields of an entry are the headers of its message too.
pub(crate) type Fields = Vec<(String, String)>;

/// Starts a server, or prints that the test is skipped if there is none.
pub(crate) async fn start() -> Option<Program> {
    let mut version = Command::new("redis-server");
    let version = version.arg("--version").stdout(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI requires redis-server");
        println!("SKIPPED: redis-server is missing; `cargo xtask test` installs it");
        return None;
    }
    let redis = Program::start("redis", 1, |addresses, folder| {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--port", &addresses[0].port().to_string(), "--dir"]);
        command.arg(folder.path());
        command
    });
    Some(redis.await)
}

/// A reply of the server.
#[derive(Debug)]
pub(crate) enum Reply {
    Text(String),
    Number(i64),
    Nothing,
    List(Vec<Reply>),
}

/// A connection to the server.
pub(crate) struct Redis(BufReader<TcpStream>);

impl Redis {
    pub(crate) async fn connect(server: SocketAddr) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(server).await?)))
    }

    /// Sends a command, and reads its reply.
    pub(crate) async fn command(&mut self, parts: &[&str]) -> io::Result<Reply> {
        let mut request = format!("*{}\r\n", parts.len());
        for part in parts {
            request += &format!("${}\r\n{part}\r\n", part.len());
        }
        self.0.write_all(request.as_bytes()).await?;
        self.reply().await
    }

    fn reply(&mut self) -> Pin<Box<dyn Future<Output = io::Result<Reply>> + Send + '_>> {
        Box::pin(async {
            let mut line = String::new();
            self.0.read_line(&mut line).await?;
            let number = || {
                line[1..]
                    .trim_end()
                    .parse::<i64>()
                    .map_err(io::Error::other)
            };
            Ok(match line.as_bytes().first() {
                Some(b'+') => Reply::Text(line[1..].trim_end().to_owned()),
                Some(b':') => Reply::Number(number()?),
                Some(b'$' | b'*') if number()? < 0 => Reply::Nothing,
                Some(b'$') => {
                    let mut text = vec![0; number()? as usize + 2];
                    self.0.read_exact(&mut text).await?;
                    text.truncate(text.len() - 2);
                    Reply::Text(String::from_utf8(text).map_err(io::Error::other)?)
                }
                Some(b'*') => {
                    let mut list = Vec::new();
                    for _ in 0..number()? {
                        list.push(self.reply().await?);
                    }
                    Reply::List(list)
                }
                _ => return Err(io::Error::other(line)),
            })
        })
    }

    /// Adds an entry to a stream.
    pub(crate) async fn add(
        &mut self,
        stream: &str,
        fields: &[(String, String)],
    ) -> io::Result<()> {
        let mut parts = vec!["XADD", stream, "*"];
        parts.extend(fields.iter().flat_map(|(key, value)| [&**key, &**value]));
        self.command(&parts).await.map(drop)
    }

    /// Takes all entries out of a stream.
    pub(crate) async fn take_all(&mut self, stream: &str) -> io::Result<Vec<Fields>> {
        let entries = self.command(&["XRANGE", stream, "-", "+"]).await?;
        self.command(&["DEL", stream]).await?;
        Ok(entries
            .list()
            .into_iter()
            .filter_map(|it| Some(entry(it)?.1))
            .collect())
    }
}

impl Reply {
    fn list(self) -> Vec<Reply> {
        match self {
            Self::List(list) => list,
            _ => Vec::new(),
        }
    }

    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// Returns the id and the fields of an entry.
fn entry(reply: Reply) -> Option<(String, Fields)> {
    let mut entry = reply.list().into_iter();
    let id = entry.next()?.text()?;
    let fields: Vec<String> = entry
        .next()?
        .list()
        .into_iter()
        .filter_map(Reply::text)
        .collect();
    let pairs = fields.chunks_exact(2);
    Some((
        id,
        pairs
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect(),
    ))
}

/// The entries of the stream, for one worker.
pub(crate) struct Orders(mpsc::Receiver<io::Result<(String, Fields)>>, SocketAddr);

impl Orders {
    /// Creates the group, and a task that reads. A read that is dropped halfway would lose an entry.
    pub(crate) async fn subscribe(server: SocketAddr) -> io::Result<Self> {
        let mut redis = Redis::connect(server).await?;
        redis
            .command(&["XGROUP", "CREATE", ORDERS, GROUP, "0", "MKSTREAM"])
            .await?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let read = [
                "XREADGROUP",
                "GROUP",
                GROUP,
                "worker",
                "COUNT",
                "1",
                "BLOCK",
                "100",
                "STREAMS",
                ORDERS,
                ">",
            ];
            while !sender.is_closed() {
                let received = redis.command(&read).await.map(|streams| {
                    let stream = streams.list().into_iter().next()?;
                    let entries = stream.list().into_iter().nth(1)?;
                    entry(entries.list().into_iter().next()?)
                });
                if let Some(received) = received.transpose() {
                    let _ = sender.send(received).await;
                }
            }
        });
        Ok(Self(receiver, server))
    }
}

impl Source for Orders {
    type Message = Fields;
    type Acknowledge = Entry;

    async fn receive(&mut self) -> Option<Result<Delivery<Fields, Entry>, BoxError>> {
        let (id, fields) = match self.0.recv().await? {
            Ok(received) => received,
            Err(error) => return Some(Err(error.into())),
        };
        let deliveries = deliveries(&fields);
        let entry = Entry {
            server: self.1,
            id: id.clone(),
            fields: fields.clone(),
        };
        Some(Ok(Delivery::new(fields, entry)
            .with_id(id)
            .with_count(deliveries)))
    }
}

fn deliveries(fields: &Fields) -> u32 {
    let found = fields.iter().find(|(key, _)| key == DELIVERIES);
    found.and_then(|(_, count)| count.parse().ok()).unwrap_or(1)
}

/// What settles an entry.
pub(crate) struct Entry {
    server: SocketAddr,
    id: String,
    fields: Fields,
}

impl Acknowledge for Entry {
    async fn settle(self, settlement: Settlement) -> Result<(), BoxError> {
        let mut redis = Redis::connect(self.server).await?;
        let count = deliveries(&self.fields) + 1;
        let mut fields = self.fields;
        fields.retain(|(key, _)| key != DELIVERIES);
        match settlement {
            Settlement::Ack => {}
            // A stream has no negative acknowledgement: the entry is added again.
            Settlement::Nack => {
                fields.push((DELIVERIES.to_owned(), count.to_string()));
                redis.add(ORDERS, &fields).await?;
            }
            Settlement::DeadLetter => redis.add(DEAD, &fields).await?,
        }
        redis.command(&["XACK", ORDERS, GROUP, &self.id]).await?;
        Ok(())
    }
}

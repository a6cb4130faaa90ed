"""raw_http2 - HTTP/2 as a stranger may write it: frames and fields by hand.

    bodies = http2_exchange("127.0.0.1:80", fields, body)

Knows no Huffman code: what is answered is told by the bodies alone, and by
the log of who answered.
"""

from raw_http import RawConnection

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(type, flags=0, stream=0, payload=b""):
    size = len(payload).to_bytes(3, "big")
    return size + bytes([type, flags]) + stream.to_bytes(4, "big") + payload


def text(data):
    """A string, not Huffman coded (RFC 7541, 5.2)."""
    size = len(data)
    if size < 127:
        return bytes([size]) + data
    coded, size = b"\x7f", size - 127
    while size >= 128:
        coded, size = coded + bytes([size % 128 + 128]), size // 128
    return coded + bytes([size]) + data


def request_frames(fields, body=b"", stream=1):
    """fields: pairs of bytes, literal and in this order."""
    block = b"".join(b"\0" + text(name) + text(value) for name, value in fields)
    return frame(HEADERS, END_HEADERS, stream, block) + frame(
        DATA, END_STREAM, stream, body
    )


def frames(connection):
    """(type, flags, payload) of each frame until the end of the stream."""
    while True:
        while len(connection.read) < 9:
            if not connection.more():
                return
        end = 9 + int.from_bytes(connection.read[:3], "big")
        while len(connection.read) < end:
            if not connection.more():
                return
        head, payload = connection.read[:9], connection.read[9:end]
        connection.read = connection.read[end:]
        yield head[3], head[4], payload


def http2_exchange(address, fields, body=b"", timeout=5):
    """Sends one request; the body of its answer, None where there is none."""
    answer = b""
    with RawConnection(address, timeout) as connection:
        connection.send(
            PREFACE + frame(SETTINGS) + request_frames(fields, body)
        )
        try:
            for type, flags, payload in frames(connection):
                if type == SETTINGS and not flags & ACK:
                    connection.send(frame(SETTINGS, ACK))
                elif type == DATA:
                    answer += payload
                elif type in (RST_STREAM, GOAWAY):
                    return None
                if type in (DATA, HEADERS) and flags & END_STREAM:
                    return answer
        except (ConnectionError, TimeoutError):
            return None
    return None

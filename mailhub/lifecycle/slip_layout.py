"""How slips and their lists look: typst. The contents come in as JSON, which typst never reads as markup."""

# Strong is semibold: the Libertinus Serif Bold that typst brings draws ư, ứ, ữ with the horn grown into the stem.
LAYOUT = r"""
#let all = json(bytes(sys.inputs.slips))
#set document(title: "Phiếu cấp tài khoản thư công vụ")
#set page(paper: "a4", margin: (top: 18mm, bottom: 16mm, left: 25mm, right: 15mm))
#set text(font: "Libertinus Serif", lang: "vi", size: 12pt)
#set strong(delta: 200)
#set par(leading: 0.65em, spacing: 0.9em)
#let head(unit) = {
  if all.province != "" { upper(all.province); linebreak() }
  strong(unit.agency)
}
#let sheet(unit) = [
  #head(unit)
  #v(6mm)
  #align(center)[#text(size: 15pt)[*DANH SÁCH KÝ NHẬN*] \ Phiếu cấp tài khoản thư công vụ, lập ngày #all.made_on]
  #v(3mm)
  #set text(size: 11pt)
  #table(
    columns: (10mm, 1fr, 1.25fr, 26mm, 32mm), inset: 6pt, align: (center, left, left, center, center),
    table.header([*STT*], [*Họ và tên*], [*Địa chỉ thư*], [*Ngày nhận*], [*Ký nhận*]),
    ..unit.slips.enumerate().map(((number, one)) => (
      [#(number + 1)], [#one.name], [#one.address], v(7mm), []
    )).flatten(),
  )
  Tổng số: #unit.slips.len() phiếu. Phiếu được giao tận tay người có tên; phiếu chưa giao phải cất giữ, không gửi qua
  thư, Zalo hoặc chụp ảnh.
  #v(4mm)
  #grid(columns: (1fr, 1fr), align: center,
    [*Người lập danh sách* \ (ký, ghi rõ họ tên)], [*Người giao phiếu* \ (ký, ghi rõ họ tên)])
]
#let slip(unit, one) = [
  #head(unit)
  #v(8mm)
  #align(center)[#text(size: 16pt)[*PHIẾU CẤP TÀI KHOẢN THƯ CÔNG VỤ*]]
  #v(4mm)
  #grid(columns: (1fr, 46mm), column-gutter: 6mm,
    [
      #grid(columns: (34mm, 1fr), row-gutter: 9pt,
        [Họ và tên:], strong(one.name),
        ..(if one.title != "" { ([Chức vụ:], [#one.title]) } else { () }),
        [Đơn vị:], [#unit.agency],
        [Địa chỉ thư:], strong(one.address),
      )
      #v(3mm)
      Mã đặt mật khẩu:
      #block(stroke: 0.8pt, inset: 9pt, radius: 2pt)[#text(font: "DejaVu Sans Mono", size: 17pt)[*#one.code*]]
      Mã đặt được mật khẩu một lần, đến *#one.until*. Không chuyển mã cho người khác. Nếu Ông/Bà không yêu cầu, xin báo
      #all.support.
    ],
    align(center)[
      #image(bytes(one.qr), format: "svg", width: 44mm)
      #text(size: 9pt)[#if all.web != "" [Quét để mở trang đặt mật khẩu] else [Địa chỉ thư và mã]]
    ],
  )
  #v(2mm)
  #if all.web != "" [
    *1. Đặt mật khẩu.* Mở trình duyệt trên máy tính hoặc điện thoại, tự gõ *#all.web/k*, nhập địa chỉ thư và mã ở
    trên, rồi tự đặt mật khẩu của riêng Ông/Bà. Đặt xong, mã hết hiệu lực. Cần giúp đỡ: mang phiếu đến bộ phận hỗ trợ
    của đơn vị.
  ] else [
    *1. Đặt mật khẩu.* Mang phiếu này đến bộ phận hỗ trợ của đơn vị để tự đặt mật khẩu của riêng Ông/Bà. Đặt xong, mã
    hết hiệu lực.
  ]
  #if all.client_days > 0 [

    Chưa đặt được mật khẩu thì Ông/Bà nhập mã này thay mật khẩu trong một ứng dụng thư, dùng được ở đó
    #all.client_days ngày kể từ lần đầu. Trong thời gian này Ông/Bà phải đặt mật khẩu của riêng mình.
  ]

  *2. Cài đặt ứng dụng thư* (máy tính, điện thoại).
  #table(
    columns: (42mm, 1fr), inset: 6pt,
    [Tên đăng nhập], [#one.address (cả khi nhận và khi gửi thư)],
    ..(if all.reading != "" { ([Máy chủ nhận thư (IMAP)], [#all.host, #all.reading]) } else { () }),
    ..(if all.sending != "" { ([Máy chủ gửi thư (SMTP)], [#all.host, #all.sending]) } else { () }),
  )

  *3. Giữ an toàn.* Hệ thống không bao giờ hỏi mật khẩu qua thư, điện thoại hay Zalo; gặp trường hợp đó, đề nghị báo
  #all.support. Không dùng mật khẩu thư công vụ ở nơi khác; không đăng ký dịch vụ cá nhân bằng địa chỉ thư công vụ. Sau
  khi đặt mật khẩu, đề nghị hủy phần này của phiếu.
  #v(1fr)
  #line(length: 100%, stroke: (dash: "dashed", thickness: 0.5pt))
  #align(center)[*XÁC NHẬN ĐÃ NHẬN PHIẾU* (đơn vị lưu)]
  Tôi là #one.name, đã nhận Phiếu cấp tài khoản của địa chỉ #one.address, lập ngày #all.made_on, còn nguyên vẹn.
  #grid(columns: (1fr, 1fr), align: center,
    [*Người giao* \ (ký, ghi rõ họ tên)], [*Người nhận* \ (ký, ghi rõ họ tên, ngày nhận)])
  #v(22mm)
]
#let pages = ()
#for unit in all.units {
  if all.lists { pages.push(sheet(unit)) }
  for one in unit.slips { pages.push(slip(unit, one)) }
}
#pages.join(pagebreak())
"""

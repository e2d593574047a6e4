"""Tables for telling a Vietnamese personal name from other capitalised words. Data only."""

from __future__ import annotations

# Family names with their marks, those of minorities among them. Written in lower case, new and old tone placement
# both: names are proper nouns and people keep their own spelling.
_SURNAMES = """
nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đào đinh đoàn lâm mai trịnh trương tạ
tô tống thái thạch thân thi tiêu tăng từ tôn triệu vương vi văn viên vạn châu chu chung cao cù cung cát công
chử chế cổ diệp doãn dư du đàm đan đậu điền đồng đường giang giáp hà hán hạ hàn hầu hùng hứa hữu khổng khuất
khúc khương kiều kim la lạc lại lang lò lô lộc lỗ lục lưu lương lữ ma mã mạc mạch mạnh mẫn nghiêm nhâm nhan
nhữ ninh nông ông phí phó phùng phương quách quan quản sái sầm sơn sử thẩm thập thiều thịnh tòng trà tri trưng
tường tưởng ung ứng uông úc viêm vòng vừ xa âu ấu ân bá bạch bàn bàng bành bạc bế biện bồ ca cà cầm cam chẩu
chảo chíu cồ danh điểu đèo đầu đới đổng giàng giản hạng hoa hoắc huyền kha khang khâu khiếu khưu lầu lèng liêu
lìn liễu long lự lường lù lèo ly lỳ lềnh mùa mông mộc mục nay ngân ngọ nghê nghị ngũ ngụy nhiêu nùng ôn phàn
phù phú quàng rơ rah sa siu sin sùng tào tẩn thào thàng tráng tải tần tất thoại thong thòng thổ thượng tín
trang trì trừ trực trung tú vàng và viết xồng y ya yên ksor rcom kpă hlong hờ cứ khà hồng thiệu tiền đăng đái
bảo bì bốc cáp chúc chương cấn dã dung đàng đắc đoan độ đức giả khoa khoán lã lành mang nghi nhị nhuế
phục quang quế quyền tài tiếp tiết thủy thuỷ tuấn viễn vinh vĩnh xuân trượng khuông kông khấu
"""

# Peoples of the Central Highlands: what stands first is a clan or tells man from woman (`Y …`, `H'…`, `K'…`), and
# the syllables are none of Vietnamese.
_HIGHLAND = """
y ksor rcom kpă siu nay rơ rah hlong niê mlô êban adrơng ayun byă kbuôr knul rmah rơmah rahlan cil kră bnah hwing hra
điểu
"""
HIGHLAND = frozenset(_HIGHLAND.split())
SURNAMES = frozenset(_SURNAMES.split()) | HIGHLAND

# Those that carry most of the people: a name that begins with one of them needs less around it.
_COMMON_SURNAMES = """
nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đào đinh đoàn lâm mai trịnh trương tạ
tô tống thái thạch vương châu chu cao cù doãn đàm đậu hà hứa kiều la lại lò lưu lương lục mạc nghiêm nông phí
phùng quách tăng tôn triệu từ vi giang khổng khuất quàng cầm sùng thào giàng lường vàng bế danh trà tiêu uông
viên
"""
COMMON_SURNAMES = frozenset(_COMMON_SURNAMES.split())

# Words that begin with a capital in posts, agencies and headings and are not part of anybody's name there.
_NOT_NAMES = """
ban bộ chi cục sở ủy uỷ viện phòng trường tỉnh huyện quận xã phường thành đảng nhà tổ khoa vụ chánh phó trưởng
giám đốc chủ tịch nhiệm thư bí nơi nhận như kính gửi độc lập hạnh phúc cộng hòa hoà hội nghĩa đã ký điều số
ngày tháng năm tổng các của và về việc đơn vị cơ trên đại biểu thường công báo cáo ngân hàng tòa toà án kho
đài bệnh thông tin website email hiệu lực bản tải đồng thời gian địa điểm căn cứ quyết mật khẩn hỏa hoả tốc kế
họp lịch
"""
NOT_NAMES = frozenset(_NOT_NAMES.split())

# Pairs and triples that have a surname at their head and are places, bodies or common words.
_PLACES = """
hà nội|hà nam|hà tĩnh|hà giang|hà tây|cao bằng|thái bình|thái nguyên|lâm đồng|đồng nai|đồng tháp
an giang|kiên giang|hồ chí minh|bạc liêu|hà tiên|lào cai|lai châu|sơn la|ninh bình|ninh thuận
bình định|phú thọ|phú yên|hải phòng|hải dương|quảng ninh|quảng ngãi|quảng nam|quảng trị|quảng bình
hưng yên|vĩnh long|vĩnh phúc|tiền giang|hậu giang|long an|tây ninh|yên bái|lạng sơn|tuyên quang
bắc giang|bắc ninh|bắc kạn|trà vinh|cần thơ|đà nẵng|thanh hóa|thanh hoá|nghệ an|khánh hòa|khánh hoà
kon tum|gia lai|bến tre|sóc trăng|cà mau|bình dương|bình phước|bình thuận|hòa bình|hoà bình
nam định|điện biên|vũng tàu|thừa thiên huế|việt nam|hùng vương|trường sa|hoàng sa|phan thiết
long xuyên|mỹ tho|quốc hội|chí minh
đoàn thanh|đoàn kiểm|đoàn giám|đoàn công|đoàn luật|đoàn trường|đoàn đại|đoàn khảo|hồ sơ|lý lịch|lý do|đào tạo
tôn giáo|dương tính|tăng cường|từ điển|từ ngày|vi phạm|viên chức|chu kỳ|cao đẳng|danh sách|danh mục|danh hiệu
lương thực|bế mạc|thái độ|phí bảo|phí công|kim ngạch|la bàn|lâm nghiệp|mai táng|công an|công ty|công đoàn
vương quốc|châu âu|châu á|hứa hẹn|trần thuật|tô chức|tôn trọng|giang mai|cao học|cao cấp|uông bí
"""
PLACES = frozenset(_PLACES.strip().replace("\n", "|").split("|"))

# Degrees and ranks before a name. Nghị định 30/2020/NĐ-CP (PL I, II.8) leaves them out but for the armed forces,
# education, health and science, so that they are met and are not part of the name.
_TITLES = """
giáo sư|phó giáo sư|tiến sĩ|tiến sỹ|thạc sĩ|thạc sỹ|bác sĩ|bác sỹ|dược sĩ|kỹ sư|cử nhân|luật sư
kiến trúc sư|nhà giáo|nhà giáo ưu tú|thầy thuốc ưu tú|thầy thuốc nhân dân|nhà giáo nhân dân|nghệ sĩ
đại tướng|thượng tướng|trung tướng|thiếu tướng|đại tá|thượng tá|trung tá|thiếu tá|đại úy|đại uý
thượng úy|thượng uý|trung úy|trung uý|thiếu úy|thiếu uý|chuẩn đô đốc|phó đô đốc|đô đốc|gs|pgs|ts
tskh|ths|th.s|thạc|bs|bsck1|bsck2|bscki|bsckii|bs.cki|bs.ckii|ck1|ck2|cki|ckii|ds|dsck1
dsck2|dscki|dsckii|ks|cn|ls|kts|ngnd|ngưt|ttưt|ttnd|nsưt|nsnd|tts|đ/c|đồng chí|ông|bà|ncs
luật gia|kstc
"""
TITLES = tuple(_TITLES.strip().replace("\n", "|").split("|"))

# The vowels and ends that a Vietnamese syllable may have, without its tone; what is not among them was misread.
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê
êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu o oa oac oach oai oam oan oang
oanh oao oap oat oay oc oe oen oeo oet oi om on ong oong op ot oăc oăm oăn oăng oăt ooc ô ôc ôi ôm ôn ông ôp
ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uy uya uyên uyêt uynh uych uyt uyu uân uâng uât uây uê uêch
uênh uơ uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng
yêt yêu ynh ych yt ya yn
"""
RIMES = frozenset(_RIMES.split())
ONSETS = ("ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", *"bcdđghklmnpqrstvx")

# Middle and given names that are met often. Off an image a word that is one of them but for its marks was misread.
_GIVEN = """
an ân anh ánh ba bá bách bạch bảo bắc bằng bích biên bình bính bông cảnh cẩm cao cần cẩn chánh châu chi chí
chiến chinh chính chung chương công cương cường cúc danh dân diễm diệp diệu doanh du dũng dung duy duyên dương
đa đài đại đạo đạt đăng đán đào điền điệp đình định đoàn đỗ đồng đông đức gia giang giao giáp hà hạ hải hạnh
hảo hân hằng hậu hiền hiển hiến hiệp hiếu hiệu hoa hòa hoà hoài hoan hoàn hoàng hoạt học hồng hợp huân huệ huế
hùng huy huyên huyền huỳnh hưng hương hường hướng hữu khải khang khanh khánh khoa khoan khôi khuê khương kiên
kiệt kiều kim kỳ lam lãm lan lành lâm lân lập lê liêm liên liễu linh lĩnh loan long lộc lợi luân luận luật lực
lưu lượng lương ly lý mai mạnh mẫn mận mậu mến mi minh mơ mùi mười mừng mỹ my nam năm nga ngà ngân nghi nghị
nghĩa nghiêm ngọ ngọc nguyên nguyện nguyệt nhã nhàn nhạn nhân nhâm nhật nhi nhiên nhu nhung như nhựt nhị ninh
nữ oanh phát phấn phi phong phố phú phúc phụng phước phương phượng quân quang quảng quế quốc quý quyên quyền
quyết quỳnh sang sáng sâm san sen sĩ sỹ sinh sơn sự sương tài tám tâm tân tấn tạo thạch thái tham thanh thành
thao thảo thăng thắng thắm thế thi thị thiên thiện thiết thiệu thịnh thoa thoại thọ thông thống thơ thơm thu
thuần thuận thuật thục thụy thùy thuỳ thủy thuỷ thúy thuý thường thưởng thương thư thức tiên tiến tiếp tín
tính tình tịnh toàn toản tố tôn tống trà trai trâm trầm trân trang tráng tri trí triết triều trinh trình trọng
trúc trung trực trường trưởng tú tuấn tuân tuất tùng tuy tuyên tuyến tuyền tuyết tư tường tứ từ ước út uy uyên
vân văn vạn viên viết việt vĩnh vinh vỹ vĩ võ vũ vui vượng vương xuân xuyến ý yên yến ẩn
"""
GIVEN = frozenset(_GIVEN.split())

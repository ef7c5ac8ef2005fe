"""The illustrator: same in, same out; nothing a customer types becomes markup; everything can be rendered."""

import io
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from bakery.catalog.illustration.geometry import footprint
from bakery.catalog.illustration.heroes import HEROES, draw_hero
from bakery.catalog.illustration.illustrate import illustrate, preview
from bakery.catalog.illustration.inscription import break_lines
from bakery.catalog.illustration.palette import COLOURS, colour
from bakery.catalog.illustration.render import PictureJob, rasterise, render, render_all
from bakery.catalog.illustration.specs import (
    Border,
    CakeSpec,
    CookieSpec,
    Covering,
    Scene,
    Shape,
    Stand,
    Tier,
    Topping,
)
from bakery.demo.content.pictures import PICTURES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("slug", sorted(PICTURES))
def test_every_products_picture_is_well_formed_svg_without_inline_style_or_script(slug):
    picture = PICTURES[slug]
    root = ET.fromstring(illustrate(picture.subject, picture.scene, picture.alt))
    assert root.tag == f"{SVG}svg"
    names = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert not names & {"script", "style", "foreignObject", "image", "filter"}
    for element in root.iter():
        assert "style" not in element.attrib
        assert not any(key.startswith("on") for key in element.attrib)
    assert root.get("aria-label") == picture.alt


@pytest.mark.parametrize("slug", ["walnut-cake", "naan-e-tandoori", "sheer-chai", "eid-sweets-box"])
def test_ids_are_unique_and_every_reference_has_its_definition(slug):
    picture = PICTURES[slug]
    svg = illustrate(picture.subject, picture.scene)
    ids = [e.get("id") for e in ET.fromstring(svg).iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    referenced = {part.split(")")[0] for part in svg.split("url(#")[1:]}
    referenced |= {part.split('"')[0] for part in svg.split('href="#')[1:]}
    assert referenced <= set(ids)


def test_the_same_description_draws_the_same_bytes_and_another_seed_draws_others():
    subject = CookieSpec("tahini")
    assert illustrate(subject, Scene(seed=3)) == illustrate(subject, Scene(seed=3))
    assert illustrate(subject, Scene(seed=3)) != illustrate(subject, Scene(seed=4))


def test_two_pictures_on_one_page_do_not_share_ids():
    first, second = (preview(CakeSpec(colour=name)) for name in ("rose", "mint"))
    ids = [{e.get("id") for e in ET.fromstring(svg).iter() if e.get("id")} for svg in (first, second)]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    "hostile", ['</text><script>alert("x")</script>', "a & b < c > \"d\" 'e'", "]]><!--"]
)
def test_an_inscription_stays_text_however_it_is_written(hostile):
    svg = preview(CakeSpec(inscription=hostile), title=hostile)
    root = ET.fromstring(svg)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    written = " ".join(e.text or "" for e in root.iter(f"{SVG}text"))
    for word in hostile.split():
        assert word in written


def test_long_inscriptions_break_into_at_most_three_lines_and_lose_no_word():
    text = "Congratulations Soraya and Elias on your wedding"
    lines = break_lines(text)
    assert 1 < len(lines) <= 3
    assert " ".join(lines) == text
    assert break_lines("   ") == []


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("covering", list(Covering))
def test_every_shape_in_every_covering_can_be_drawn(shape, covering):
    tiers = (Tier(shape, 26, 9, 2, 18), Tier(shape, 18, 8, 3, 12))
    spec = CakeSpec(tiers, covering, drip="chocolate", border=Border.SHELL, toppings=(Topping.BERRIES,))
    assert ET.fromstring(preview(spec)).tag == f"{SVG}svg"


@pytest.mark.parametrize("topping", list(Topping))
def test_every_topping_leaves_something_on_the_cake(topping):
    plain, dressed = preview(CakeSpec()), preview(CakeSpec(toppings=(topping,)))
    assert len(dressed) > len(plain) + 200


def test_a_wider_tier_is_drawn_wider_and_stays_inside_the_picture():
    def reach(diameter):
        spec = CakeSpec((Tier(diameter_cm=30), Tier(diameter_cm=diameter)), stand=Stand.NONE)
        return max(x for x, _ in footprint(spec.tiers[1]))

    assert reach(20) == pytest.approx(10, abs=0.2)
    assert reach(26) > reach(20)
    image = rasterise(
        preview(CakeSpec((Tier(diameter_cm=45, height_cm=12), Tier(diameter_cm=30, height_cm=30)))), 200
    )
    edge = image.convert("RGBA").getchannel("A")
    assert edge.crop((0, 0, 200, 2)).getextrema()[1] == 0, "the cake is cut off at the top"


def test_an_unknown_colour_is_refused_by_name():
    with pytest.raises(ValueError, match="url\\(#x\\)"):
        colour("url(#x)")
    assert colour("#A1b2C3") == "#a1b2c3"
    assert all(len(value) == 7 for value in COLOURS.values())


def test_a_render_gives_every_width_in_webp_and_one_png_in_the_right_proportions():
    picture = PICTURES["sheer-chai"]
    files = render(PictureJob("sheer-chai", picture.subject, picture.scene))
    assert [(f.width, f.suffix) for f in files] == [(320, "webp"), (640, "webp"), (640, "png"), (960, "webp")]
    for file in files:
        image = Image.open(io.BytesIO(file.data))
        assert image.format == file.suffix.upper()
        assert image.size == (file.width, file.height)
        assert file.height * 4 == file.width * 3
        assert len(image.convert("RGB").resize((64, 48)).getcolors(4096) or []) > 200, "a blank picture"
    assert len(files[1].data) < 60_000


def test_what_two_jobs_share_is_drawn_once_and_named_twice():
    picture = PICTURES["flat-white"]
    jobs = [PictureJob(name, picture.subject, picture.scene) for name in ("flat-white", "category-drinks")]
    files = list(render_all(jobs, processes=1))
    by_name = {name: [f.data for f in files if f.name == name] for name in ("flat-white", "category-drinks")}
    assert by_name["flat-white"] == by_name["category-drinks"]
    assert len(by_name["flat-white"]) == 4


@pytest.mark.parametrize("name", sorted(HEROES))
def test_wide_pictures_are_well_formed_and_described(name):
    root = ET.fromstring(draw_hero(HEROES[name]))
    assert root.get("viewBox") == f"0 0 {HEROES[name].width} {HEROES[name].height}"
    assert len(root.get("aria-label")) > 40


def test_the_sharing_picture_has_the_size_that_links_expect():
    files = render(PictureJob("og"))
    assert {(f.width, f.height, f.suffix) for f in files} == {(1200, 630, "webp"), (1200, 630, "png")}


def test_letters_come_from_the_bundled_fonts_in_latin_and_in_dari():
    def ink(text):
        svg = preview(CakeSpec(inscription=text, colour="white"))
        return rasterise(svg, 400).convert("RGB").tobytes()

    blank = ink("")
    assert ink("Laila") != blank
    assert ink("نوروز مبارک") != blank
    assert ink("نوروز مبارک") != ink("\u0378\u0379 \u0380"), "Dari letters are drawn as empty boxes"
